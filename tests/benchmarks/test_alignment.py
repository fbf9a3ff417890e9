"""The benchmark of landmarks: which box belongs to which face."""

import numpy as np
import pytest

from benchmarks.alignment import match_faces
from benchmarks.lfw_sheets import Sheet
from detectors.base import Detections


@pytest.mark.parametrize(("offset", "index"), [(0.0, 1), (8.0, 1), (8.5, None)])
def test_the_nearest_box_counts_up_to_half_a_face(offset: float, index: int | None) -> None:
    landmarks = np.full((1, 5, 2), 50, np.float32)
    sheet = Sheet(np.zeros((100, 100, 3), np.uint8), [0], landmarks)
    boxes = np.array([[0, 0, 16, 16], [42, 42, 58, 58]], np.float32) + np.array([offset, 0, offset, 0], np.float32)
    found = Detections(boxes.astype(np.float32), np.ones(2, np.float32))
    assert list(match_faces(sheet, found, 16)) == [index]


def test_nothing_found_matches_nothing() -> None:
    sheet = Sheet(np.zeros((100, 100, 3), np.uint8), [0, 1], np.full((2, 5, 2), 50, np.float32))
    assert list(match_faces(sheet, Detections.empty(), 16)) == [None, None]
