"""Tests of galleries that name `place` run on SQLite and on a real PostgreSQL server."""

import pytest

from detectors.load import load_detector
from detectors.runtime import Runtime
from recognizer.calibration import uncalibrated
from recognizer.gallery.enroll import Enroller
from recognizer.load import load_recognizer
from tests.synthetic.gallery_places import new_gallery, place, postgres
from tests.synthetic.networks import write_detector, write_recognizer
from tests.synthetic.painted_people import PAINTED_SHARPNESS

__all__ = ["new_gallery", "place", "postgres"]


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    folder = tmp_path_factory.mktemp("models")
    return str(write_detector(folder / "det.onnx")), str(write_recognizer(folder / "rec.onnx", size=32))


@pytest.fixture
def enroller(models: tuple[str, str]) -> Enroller:
    recognizer = load_recognizer(models[1], runtime=Runtime())
    detector = load_detector(models[0], runtime=Runtime())
    return Enroller(detector, recognizer, uncalibrated(recognizer.model_id), min_sharpness=PAINTED_SHARPNESS)
