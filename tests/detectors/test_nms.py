"""Non-maximum suppression: compared with a simple reference, order, and the default threshold."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from detectors.arrays import Float32
from detectors.nms import MAX_IOU, is_part, suppress


def suppress_slowly(boxes: Float32, scores: Float32, iou: float) -> list[int]:
    kept: list[int] = []
    for index in np.argsort(-scores, kind="stable"):
        x1, y1, x2, y2 = boxes[index].astype(np.float64)
        for other in kept:
            a1, b1, a2, b2 = boxes[other].astype(np.float64)
            intersection = max(0, min(x2, a2) - max(x1, a1)) * max(0, min(y2, b2) - max(y1, b1))
            if intersection > iou * ((x2 - x1) * (y2 - y1) + (a2 - a1) * (b2 - b1) - intersection):
                break
        else:
            kept.append(int(index))
    return kept


@settings(max_examples=60, deadline=None)
@given(
    arrays.arrays(np.float32, (12, 4), elements=st.integers(1, 9).map(float)),
    arrays.arrays(np.float32, 12, elements=st.sampled_from([0.25, 0.5, 0.75])),
)
def test_the_same_boxes_remain_as_in_the_reference(sides: Float32, scores: Float32) -> None:
    boxes = np.concatenate([sides[:, :2], sides[:, :2] + sides[:, 2:]], axis=1)
    assert suppress(boxes, scores, 0.47).tolist() == suppress_slowly(boxes, scores, 0.47)


def test_equal_scores_keep_their_order() -> None:
    boxes = np.array([[50, 0, 60, 10], [0, 0, 10, 10], [1, 0, 11, 10]], np.float32)
    assert suppress(boxes, np.full(3, 0.5, np.float32), 0.45).tolist() == [0, 1]


def test_no_boxes_give_no_boxes() -> None:
    empty = np.zeros((0, 4), np.float32)
    assert suppress(empty, np.zeros(0, np.float32), 0.45).shape == (0,)


def test_two_boxes_half_a_head_apart_become_one_but_neighbours_stay_two() -> None:
    scores = np.array([0.9, 0.6], np.float32)
    half_a_head = np.array([[0, 0, 10, 12], [0, 6, 10, 18]], np.float32)
    shoulder_to_shoulder = np.array([[0, 0, 10, 12], [6, 3, 16, 15]], np.float32)
    assert suppress(half_a_head, scores, MAX_IOU).tolist() == [0]
    assert suppress(shoulder_to_shoulder, scores, MAX_IOU).tolist() == [0, 1]


@pytest.mark.parametrize(
    ("part", "score", "gone"),
    [
        ([40, 40, 60, 60], 0.5, True),
        ([40, 40, 60, 60], 0.64, True),
        ([40, 40, 60, 60], 0.66, False),  # much surer than the whole, which may be a false alarm around a real face
        ([40, 40, 60, 107], 0.5, False),  # of comparable height: suppression decides
        ([93, 40, 103, 50], 0.5, True),  # 70 % inside
        ([94, 40, 104, 50], 0.5, False),
    ],
)
def test_a_part_of_a_face_goes_where_the_whole_is_nearly_as_sure(part: list[float], score: float, gone: bool) -> None:
    boxes = np.array([[0, 0, 100, 100], part], np.float32)
    assert is_part(boxes, np.array([0.5, score], np.float32)).tolist() == [False, gone]


def test_parts_of_parts_go_with_the_whole_and_no_boxes_have_none() -> None:
    boxes = np.array([[0, 0, 100, 100], [20, 20, 70, 80], [30, 30, 50, 50]], np.float32)
    assert is_part(boxes, np.array([0.9, 0.5, 0.6], np.float32)).tolist() == [False, True, True]
    assert is_part(boxes[:0], np.zeros(0, np.float32)).shape == (0,)
