"""Metrics of a detector with a fixed answer, computed by hand."""

import numpy as np
import pytest

from distill.detector.metrics import (
    BoxConvention,
    DetectorResult,
    average_precision,
    fit_convention,
    match_boxes,
    measure_height,
)
from distill.detector.mosaics import annotate, lay_out, shrink_to_height
from tests.distill.detector.scripted import FACES, POINTS, ScriptedDetector, make_mosaic


def test_a_second_box_is_false_and_one_on_an_ignored_face_does_not_count() -> None:
    shared = np.array([[0.9, 0.8, 0, 0], [0, 0, 0.4, 0]], np.float32)
    counts, right = match_boxes(shared, np.array([False, False, False, True]))
    assert right.tolist() == [True, False, False, False]
    assert counts.tolist() == [True, True, True, False]


def test_average_precision_by_hand() -> None:
    scores = np.array([0.9, 0.8, 0.7, 0.6], np.float32)
    right = np.array([True, False, True, False])
    assert average_precision(scores, right, 2) == pytest.approx(0.5 * 1 + 0.5 * 2 / 3)
    assert average_precision(scores[:0], right[:0], 2) == 0
    assert np.isnan(average_precision(scores, right, 0))


def test_recall_landmark_error_and_threshold_by_hand() -> None:
    boxes = np.concatenate([FACES[:2], [[300, 309, 316, 325]]])  # the third overlaps its face by 7 / 25
    landmarks = np.concatenate([POINTS[:2] + np.array([2, 0]), POINTS[2:]]).astype(np.float32)
    one = DetectorResult("scripted", false_alarms={"doors": np.array([0.6, 0.3], np.float32)}, pictures={"doors": 2})
    one.heights[16] = measure_height(
        ScriptedDetector(boxes, [0.9, 0.5, 0.4], landmarks), [make_mosaic()], BoxConvention()
    )
    assert one.threshold(1.0) == pytest.approx(0.05)
    assert one.recall(16, 1.0) == pytest.approx(2 / 3)
    assert one.threshold(0.1) == pytest.approx(0.6, abs=1e-6)
    assert one.recall(16, 0.1) == pytest.approx(1 / 3)
    assert one.landmark_error(16, 1.0) == pytest.approx(2 / 8)
    assert one.precision(16) == pytest.approx(1 / 3 * 1 + 1 / 3 * 2 / 3)


def test_a_detector_with_another_box_convention_is_corrected() -> None:
    image = np.zeros((200, 200, 3), np.uint8)
    read_photos = [annotate(image, np.array([[50, 60, 82, 92]], np.float32))]
    [laid] = lay_out(shrink_to_height(read_photos, 32))
    [face] = laid.boxes
    other = face + np.array([4, -8, -4, -8], np.float32)  # narrower, and a quarter higher
    convention = fit_convention(ScriptedDetector(other[None], [0.9]), read_photos)
    assert convention.shift == pytest.approx((0, 0.25))
    assert convention.factor == pytest.approx((32 / 24, 1))
    np.testing.assert_allclose(convention.to_drawn(other[None]), [face], atol=1e-4)
    assert fit_convention(ScriptedDetector(np.zeros((0, 4)), []), read_photos) == BoxConvention()
