"""Overlap of boxes, checked against values computed by hand."""

import numpy as np
import pytest

from detectors.boxes import box_iou, max_share_inside

BOXES = np.array([[0, 0, 10, 10], [5, 0, 15, 10], [40, 40, 50, 50]], np.float32)
NONE = np.zeros((0, 4), np.float32)


def test_iou_of_every_box_with_every_other() -> None:
    expected = [[1, 1 / 3, 0], [1 / 3, 1, 0], [0, 0, 1]]  # intersection 50, union 150
    found = box_iou(BOXES, BOXES)
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    assert found.dtype == np.float32


def test_touching_boxes_do_not_overlap() -> None:
    assert box_iou(BOXES[:1], np.array([[10, 0, 20, 10]], np.float32)).item() == 0


@pytest.mark.parametrize(("boxes", "others"), [(NONE, BOXES), (BOXES, NONE), (NONE, NONE)])
def test_no_boxes_give_an_empty_matrix(boxes: np.ndarray, others: np.ndarray) -> None:
    assert box_iou(boxes, others).shape == (len(boxes), len(others))
    np.testing.assert_array_equal(max_share_inside(boxes, others), np.zeros(len(boxes)))


def test_a_box_without_area_overlaps_nothing() -> None:
    flat = np.array([[3, 3, 3, 9]], np.float32)
    assert box_iou(flat, BOXES).max() == 0
    assert max_share_inside(flat, BOXES).item() == 0


def test_the_share_inside_is_relative_to_the_box_not_to_the_union() -> None:
    others = np.array([[0, 0, 10, 20], [0, 0, 2, 2]], np.float32)
    np.testing.assert_allclose(max_share_inside(BOXES, others), [1, 0.5, 0])
