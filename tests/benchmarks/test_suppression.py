"""Faces found and superfluous boxes, counted after suppression."""

import numpy as np

from benchmarks.suppression import count
from detectors.base import Detections

FACE = np.array([[100, 100, 116, 120]], np.float32)


def found(*boxes: tuple[float, float, float, float], scores: tuple[float, ...]) -> Detections:
    return Detections(np.array(boxes, np.float32), np.array(scores, np.float32))


def test_two_boxes_on_one_face_are_one_face_and_one_double_until_suppressed() -> None:
    pair = found((100, 100, 116, 120), (102, 106, 118, 126), scores=(0.9, 0.6))  # IoU 0.44
    assert count(FACE, pair, 0.25, 0.45) == (1, 1)
    assert count(FACE, pair, 0.25, 0.3) == (1, 0)
    assert count(FACE, pair, 0.7, 0.45) == (1, 0)  # the second one scores too little


def test_a_box_far_off_finds_nothing() -> None:
    assert count(FACE, found((300, 100, 316, 120), scores=(0.9,)), 0.25, 0.3) == (0, 0)
