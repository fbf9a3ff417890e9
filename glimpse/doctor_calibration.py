"""Opens the calibration of a site with its recogniser, as a run does."""

from collections.abc import Iterator
from os.path import normpath

from detectors.runtime import Runtime
from glimpse.doctor import Finding, Health
from pipeline.parts.models import ModelMissingError, open_recognizer
from pipeline.settings.types import RecognizerSettings, Settings
from recognizer.load import family_name, open_scoring, shipped_calibration

SETTING = "recognizer.calibration"


def examine_calibration(settings: Settings) -> Iterator[Finding]:
    """Whether the calibration holds for the recogniser and its cohort. No picture is read.

    Nothing for a family that ships with its own calibration: `glimpse.doctor.examine` opens those.
    """
    model = settings.recognizer
    if not model.model or (family_name(model.model) and not model.calibration):
        return
    found = _name(model)
    try:
        yield Finding(SETTING, Health.GOOD, f"{found}, {_open(settings)}")
    except (OSError, ValueError, ModelMissingError) as error:
        yield Finding(SETTING, Health.BROKEN, found, str(error))


def _name(model: RecognizerSettings) -> str:
    file = model.calibration or shipped_calibration(model.model)
    return normpath(file) if file else "none: cautious built-in thresholds"


def _open(settings: Settings) -> str:
    """For which recogniser it holds. The device does not matter to it, so the processor is enough."""
    recognizer, model = open_recognizer(settings, Runtime()), settings.recognizer
    if recognizer is None:
        return "no recogniser"
    open_scoring(recognizer, model=model.model, file=model.calibration)
    return f"model {recognizer.model_id}"
