"""Every setting of a distillation: its type, default and meaning. The YAML, its schema and its page come from here."""

from distill.config.adapt import AdaptSettings
from distill.config.evaluate import EvaluateSettings
from distill.config.export import ExportSettings
from distill.config.faces import ExcludeSettings, FacesSettings, SourceSettings, TeacherSettings
from distill.config.fields import Section, read_settings
from distill.config.label import LabelSettings, PoolSettings
from distill.config.landmarks import LandmarkSettings
from distill.config.settings import Settings
from distill.config.student import LossSettings, StageSettings, StudentSettings
from distill.config.views import DegradeSettings, MixSettings

__all__ = [
    "AdaptSettings",
    "DegradeSettings",
    "EvaluateSettings",
    "ExcludeSettings",
    "ExportSettings",
    "FacesSettings",
    "LabelSettings",
    "LandmarkSettings",
    "LossSettings",
    "MixSettings",
    "PoolSettings",
    "Section",
    "Settings",
    "SourceSettings",
    "StageSettings",
    "StudentSettings",
    "TeacherSettings",
    "read_settings",
]
