"""The networks of a run: detector and recogniser, and what they are called."""

from os.path import normpath
from pathlib import Path

from configs.postgres.address import is_postgres, show
from detectors.base import FaceDetector
from detectors.load import load_detector
from detectors.runtime import Runtime
from pipeline.settings.types import RecognizerSettings, Settings
from recognizer.base import Recognizer
from recognizer.load import family_name, load_recognizer, shipped_calibration


class ModelMissingError(Exception):
    """No model, or no such file; the message says how to give one (exit code 4)."""


def open_detector(settings: Settings, runtime: Runtime, *, bare: bool = False) -> FaceDetector:
    """The configured detector; `bare` leaves out resizing and tiling. Raises ModelMissingError."""
    detector = settings.detector
    if not detector.model:
        raise ModelMissingError("no detector: give --detector embedded, FILE.onnx (YuNet or SCRFD format) or pack:NAME")
    long_side, tile = (0, 0) if bare else (detector.long_side, detector.tile)
    try:
        return load_detector(
            detector.model, runtime=runtime, score=detector.score, long_side=long_side, tile=tile, every_size=True
        )
    except FileNotFoundError as error:
        raise ModelMissingError(f"detector.model: {error}") from None


def open_recognizer(settings: Settings, runtime: Runtime) -> Recognizer | None:
    """The configured recogniser; None where none is configured. Raises ModelMissingError for a missing file."""
    recognizer = settings.recognizer
    if not recognizer.model:
        return None
    try:
        return load_recognizer(recognizer.model, spec=recognizer.chip_spec, runtime=runtime)
    except FileNotFoundError as error:
        raise ModelMissingError(str(error)) from None


def model_names(settings: Settings, detector: FaceDetector, recognizer: Recognizer | None) -> dict[str, str]:
    """Detector, recogniser, calibration and gallery by name, as a run uses them."""
    names = {"Detector": detector.name}
    if recognizer:
        model = settings.recognizer.model
        family = family_name(model)
        shown = f"{family}, which ships" if family else Path(model).name
        names["Recogniser"] = f"{shown} ({recognizer.model_id}, {recognizer.dim} numbers a face)"
        names["Calibration"] = describe_calibration(settings.recognizer)
    else:
        names["Recogniser"] = "none: faces are followed, nobody is named"
    names["Gallery"] = _gallery_name(settings.gallery) or "none: nobody is compared"
    return names


def describe_calibration(recognizer: RecognizerSettings) -> str:
    """The file whose error rates apply, as `recognizer.load.open_calibration` chooses it."""
    if recognizer.calibration:
        return normpath(recognizer.calibration)
    shipped = shipped_calibration(recognizer.model)
    origin = "which ships" if family_name(recognizer.model) else "of the model's folder"
    return f"{Path(shipped).name}, {origin}" if shipped else "none: cautious built-in thresholds"


def _gallery_name(gallery: str) -> str:
    return show(gallery) if is_postgres(gallery) else Path(gallery).name
