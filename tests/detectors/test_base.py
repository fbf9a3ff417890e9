"""Detections: shapes and selection; refused windows."""

import numpy as np
import pytest

from detectors.base import Detections, Window

BOXES = np.arange(12, dtype=np.float32).reshape(3, 4)
SCORES = np.array([0.9, 0.5, 0.1], np.float32)
LANDMARKS = np.arange(30, dtype=np.float32).reshape(3, 5, 2)


@pytest.mark.parametrize(
    ("boxes", "scores", "landmarks", "message"),
    [
        (BOXES.astype(np.float64), SCORES, None, r"boxes: expected float32 \(3, 4\), got float64"),
        (BOXES[:, :3], SCORES, None, r"boxes: expected float32 \(3, 4\), got float32 \(3, 3\)"),
        (BOXES, SCORES[:2], None, r"scores: expected float32 \(3,\), got float32 \(2,\)"),
        (BOXES, SCORES[:, None], None, r"scores: .* got float32 \(3, 1\)"),
        (BOXES, SCORES, LANDMARKS.reshape(3, 10), r"landmarks: expected float32 \(3, 5, 2\), got float32 \(3, 10\)"),
        (BOXES, SCORES, LANDMARKS.astype(np.float64), "landmarks: .* got float64"),
    ],
)
def test_other_shapes_and_types_are_refused(
    boxes: np.ndarray, scores: np.ndarray, landmarks: np.ndarray | None, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        Detections(boxes, scores, landmarks)


@pytest.mark.parametrize("index", [np.array([False, True, True]), np.array([1, 2]), slice(1, None)])
def test_a_selection_keeps_box_score_and_landmarks_together(index: np.ndarray | slice) -> None:
    part = Detections(BOXES, SCORES, LANDMARKS)[index]
    assert part.landmarks is not None
    assert len(part) == 2
    np.testing.assert_array_equal(part.boxes, BOXES[1:])
    np.testing.assert_array_equal(part.scores, SCORES[1:])
    np.testing.assert_array_equal(part.landmarks, LANDMARKS[1:])


def test_a_selection_without_landmarks_has_none() -> None:
    assert Detections(BOXES, SCORES)[:1].landmarks is None


def test_empty_detections_keep_their_ranks() -> None:
    empty = Detections.empty()
    assert len(empty) == 0
    assert empty.landmarks is not None
    assert empty.landmarks.shape == (0, 5, 2)
    assert Detections.empty(landmarks=False).landmarks is None


@pytest.mark.parametrize("window", [(-1, 0, 96, 96), (0, 0, 0, 96), (0, 0, 96, 0), (0, -1, 96, 96)])
def test_a_window_outside_the_picture_or_without_a_side_is_refused(window: tuple[int, int, int, int]) -> None:
    with pytest.raises(ValueError, match="window"):
        Window(*window)
