"""Detector and recogniser: what is missing, and with which error."""

from pathlib import Path

import pytest

from detectors.runtime import Runtime
from pipeline.parts.models import ModelMissingError, open_detector, open_recognizer
from pipeline.settings.types import (
    DetectorSettings,
    RecognizerSettings,
    Settings,
)


def test_a_run_without_a_detector_says_how_to_give_one() -> None:
    with pytest.raises(ModelMissingError, match="give --detector embedded"):
        open_detector(Settings(detector=DetectorSettings(model="")), Runtime())


def test_missing_model_files_are_named(tmp_path: Path) -> None:
    missing = str(tmp_path / "none.onnx")
    with pytest.raises(ModelMissingError, match=r"detector\.model: .*none\.onnx"):
        open_detector(Settings(detector=DetectorSettings(model=missing)), Runtime())
    with pytest.raises(ModelMissingError, match=r"recognizer\.model: .*none\.onnx"):
        open_recognizer(Settings(recognizer=RecognizerSettings(model=missing)), Runtime())


def test_a_run_without_a_recogniser_has_none() -> None:
    assert open_recognizer(Settings(recognizer=RecognizerSettings(model="")), Runtime()) is None
