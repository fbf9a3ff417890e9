"""Landmarks and undrawn faces of test photographs."""

from pathlib import Path

import numpy as np
import pytest

from detectors.arrays import Image
from detectors.base import Detections
from distill.detector.config import LabelSettings
from distill.detector.ground_truth import GroundTruth
from distill.detector.mosaics import annotate
from tests.distill.detector.scripted import FACES, POINTS, ScriptedDetector


def test_each_photograph_is_searched_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    class Teacher(ScriptedDetector):
        def detect(self, image: Image) -> Detections:
            asked.append(1)
            return self.found

    both = Teacher(np.array([[20, 20, 60, 60]]), [0.9], POINTS[:1] - FACES[0, :2] + 30)
    monkeypatch.setattr("distill.detector.ground_truth.open_teachers", lambda *_: [both, both])
    truth = GroundTruth(LabelSettings(yunet="", retinaface=""), tmp_path / "truth.jsonl")
    read_photos = [annotate(np.zeros((80, 80, 3), np.uint8), np.array([[21, 22, 61, 64]], np.float32))]
    first = list(truth.annotate(read_photos))
    with truth.path.open("ab") as file:
        file.write(b'{"name": "torn')
    again = list(truth.annotate(read_photos))
    assert len(asked) == 2
    np.testing.assert_array_equal(first[0].points, again[0].points)
    np.testing.assert_allclose(first[0].points[0], POINTS[0] - FACES[0, :2] + 30)
