"""The whole configuration of `distill`."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from configs.fields import FilePath
from distill.config.adapt import AdaptSettings
from distill.config.evaluate import EvaluateSettings
from distill.config.export import ExportSettings
from distill.config.faces import FacesSettings, TeacherSettings
from distill.config.fields import Count, Section, Whole
from distill.config.label import LabelSettings, PoolSettings
from distill.config.landmarks import LandmarkSettings
from distill.config.student import StudentSettings


class Settings(Section, frozen=True):
    """The whole chain. Relative paths start at the folder of the configuration file."""

    work: Annotated[FilePath, Meta(description="folder for everything made on the way")]
    faces: FacesSettings
    teachers: Annotated[tuple[TeacherSettings, ...], Meta(description="recognisers to learn from")]
    students: Annotated[dict[str, StudentSettings], Meta(description="the students, by name")]
    seed: Annotated[Whole, Meta(description="seed of all random choices")] = 1
    threads: Annotated[Count, Meta(description="threads of torch and of each teacher")] = 1
    device: Annotated[
        Literal["cpu", "cuda"], Meta(description="where teachers run; students use a GPU where torch finds one")
    ] = "cpu"
    teacher_engine: Annotated[
        Literal["auto", "onnxruntime", "torch"],
        Meta(description="what runs the teachers; torch also mixes faces on the device; auto: torch for device: cuda"),
    ] = "auto"
    adapt: AdaptSettings = AdaptSettings()
    label: LabelSettings = LabelSettings()
    evaluate: EvaluateSettings = EvaluateSettings()
    export: ExportSettings = ExportSettings()
    landmarks: LandmarkSettings = LandmarkSettings()
    pools: Annotated[dict[str, PoolSettings], Meta(description="other labelled faces, by name, for comparisons")] = (
        msgspec.field(default_factory=dict)
    )
