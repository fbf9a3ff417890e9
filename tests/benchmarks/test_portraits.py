"""Portraits at a face height, and what is counted of them."""

import numpy as np
import pytest

from benchmarks.portraits import Portrait, count_boxes, landmark_error
from detectors.base import Detections

POINTS = np.array([[30, 40], [70, 40], [50, 60], [35, 80], [65, 80]], np.float32)


def found(*scores: float, shift: float = 0.0) -> Detections:
    count = len(scores)
    points = np.repeat(POINTS[None] + np.float32(shift), count, axis=0)
    boxes = np.tile(np.array([0, 0, 9, 9], np.float32), (count, 1))
    return Detections(boxes, np.array(scores, np.float32), points)


def test_a_portrait_is_shrunk_with_its_landmarks_and_hardly_enlarged() -> None:
    portrait = Portrait(np.zeros((200, 100, 3), np.uint8), 100.0, POINTS)
    half = portrait.at_height(50)
    assert half is not None
    assert half.image.shape == (100, 50, 3)
    np.testing.assert_allclose(half.landmarks, POINTS / 2)
    assert portrait.at_height(119) is not None
    assert portrait.at_height(121) is None


def test_boxes_are_counted_from_a_score_on() -> None:
    pictures = [found(0.9), found(0.5, 0.41), found(0.3), found(0.9, 0.39)]
    assert count_boxes(pictures) == ["50.0 %", "25.0 %", "25.0 %"]


def test_the_landmark_error_is_that_of_the_best_box_by_the_eye_distance() -> None:
    portrait = Portrait(np.zeros((9, 9, 3), np.uint8), 100.0, POINTS)
    assert landmark_error([found(0.2, 0.9, shift=4 / np.sqrt(2))], [portrait]) == pytest.approx(0.1, abs=1e-5)
    assert np.isnan(landmark_error([found()], [portrait]))
