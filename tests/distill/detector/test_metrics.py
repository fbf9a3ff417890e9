"""Figures of a detector that answers as it is told, against figures computed by hand."""

from pathlib import Path

import numpy as np
import pytest

from detectors.arrays import Float32, Image
from detectors.base import Detections
from distill.detector.config import LabelSettings
from distill.detector.ground_truth import Truth
from distill.detector.metrics import (
    Convention,
    Measured,
    average_precision,
    fit_convention,
    judged,
    measure_height,
)
from distill.detector.mosaics import SHEET, Sheet, laid_out, shown, shrunk
from distill.detector.plots import draw_recall
from distill.detector.tables import report

FACES = np.array([[100, 100, 116, 116], [200, 200, 216, 216], [300, 300, 316, 316]], np.float32)
POINTS = np.array([[[4, 5], [12, 5], [8, 8], [5, 12], [11, 12]]], np.float32) + FACES[:, None, :2]


class Answers:
    """Gives the same answer to every picture."""

    name = "told"

    def __init__(self, boxes: Float32, scores: list[float], landmarks: Float32 | None = None) -> None:
        self.found = Detections(boxes.astype(np.float32), np.array(scores, np.float32), landmarks)

    def detect(self, image: Image) -> Detections:
        return self.found


def sheet(others: Float32 | None = None) -> Sheet:
    image = np.zeros((SHEET, SHEET, 3), np.uint8)
    return Sheet(image, list(FACES), list(POINTS), [] if others is None else list(others), 1)


def test_a_second_box_on_a_face_is_wrong_and_one_on_another_face_does_not_count() -> None:
    shared = np.array([[0.9, 0.8, 0, 0], [0, 0, 0.4, 0]], np.float32)
    counts, right = judged(shared, np.array([False, False, False, True]))
    assert right.tolist() == [True, False, False, False]
    assert counts.tolist() == [True, True, True, False]


def test_average_precision_by_hand() -> None:
    scores = np.array([0.9, 0.8, 0.7, 0.6], np.float32)
    right = np.array([True, False, True, False])
    assert average_precision(scores, right, 2) == pytest.approx(0.5 * 1 + 0.5 * 2 / 3)
    assert average_precision(scores[:0], right[:0], 2) == 0
    assert np.isnan(average_precision(scores, right, 0))


def test_recall_landmarks_and_thresholds() -> None:
    boxes = np.concatenate([FACES[:2], [[300, 309, 316, 325]]])  # the third overlaps its face by 7 / 25
    landmarks = np.concatenate([POINTS[:2] + np.array([2, 0]), POINTS[2:]]).astype(np.float32)
    one = Measured("told", false={"doors": np.array([0.6, 0.3], np.float32)}, images={"doors": 2})
    one.heights[16] = measure_height(Answers(boxes, [0.9, 0.5, 0.4], landmarks), [sheet()], Convention())
    assert one.threshold(1.0) == pytest.approx(0.05)
    assert one.recall(16, 1.0) == pytest.approx(2 / 3)
    assert one.threshold(0.1) == pytest.approx(0.6, abs=1e-6)
    assert one.recall(16, 0.1) == pytest.approx(1 / 3)
    assert one.landmark_error(16, 1.0) == pytest.approx(2 / 8)
    assert one.precision(16) == pytest.approx(1 / 3 * 1 + 1 / 3 * 2 / 3)


def test_a_detector_that_draws_otherwise_loses_nothing_by_it() -> None:
    image = np.zeros((200, 200, 3), np.uint8)
    photographs = [shown(image, np.array([[50, 60, 82, 92]], np.float32))]
    [laid] = laid_out(shrunk(photographs, 32))
    [face] = laid.boxes
    other = face + np.array([4, -8, -4, -8], np.float32)  # narrower, and a quarter higher
    convention = fit_convention(Answers(other[None], [0.9]), photographs)
    assert convention.shift == pytest.approx((0, 0.25))
    assert convention.factor == pytest.approx((32 / 24, 1))
    np.testing.assert_allclose(convention.undone(other[None]), [face], atol=1e-4)
    assert fit_convention(Answers(np.zeros((0, 4)), []), photographs) == Convention()


def test_sheets_hold_the_same_faces_at_each_height() -> None:
    rng = np.random.default_rng(0)
    image = rng.integers(0, 255, (300, 400, 3)).astype(np.uint8)
    boxes = np.array([[10, 10, 74, 74], [100, 50, 164, 118], [200, 200, 300, 300]], np.float32)
    photographs = [shown(image, boxes)] * 40
    for height in (8, 16, 64):
        sheets = list(laid_out(shrunk(photographs, height)))
        faces = np.concatenate([np.stack(one.boxes) for one in sheets])
        assert len(faces) == 80  # the third is half as high again as the median: it does not count
        assert np.median(faces[:, 3] - faces[:, 1]) == pytest.approx(height, rel=0.1)
        assert sum(len(one.others) for one in sheets) == 40
        assert all(one.image.shape == (SHEET, SHEET, 3) for one in sheets)
    assert list(laid_out([])) == []


def test_faces_too_small_to_shrink_are_left_out() -> None:
    image = np.zeros((100, 100, 3), np.uint8)
    assert list(shrunk([shown(image, np.array([[0, 0, 20, 20]], np.float32))], 8)) == []
    assert list(shrunk([shown(image, np.array([[0, 0, 40, 40]], np.float32))], 64)) == []


def test_tables_and_curves_of_a_run(tmp_path: Path) -> None:
    one = Measured("told", false={"doors": np.zeros(0, np.float32)}, images={"doors": 3}, seconds=[0.02])
    one.heights[16] = measure_height(Answers(FACES, [0.9, 0.8, 0.7], POINTS), [sheet()], Convention())
    one.heights[64] = measure_height(Answers(FACES, [0.9, 0.8, 0.7], POINTS), [], Convention())
    text = report([one])
    assert "3 of 16 px, 0 of 64 px. Pictures without faces: 3 doors." in text
    assert "| told | 0.05 | 1.000 | nan |" in text
    assert "| told | 0.00 | +0.00 +0.00, x1.00 x1.00 | 48.8 |" in text
    draw_recall([one], tmp_path / "recall.png")
    assert (tmp_path / "recall.png").stat().st_size > 1000


def test_truth_is_asked_for_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    class Teacher(Answers):
        def detect(self, image: Image) -> Detections:
            asked.append(1)
            return self.found

    both = Teacher(np.array([[20, 20, 60, 60]]), [0.9], POINTS[:1] - FACES[0, :2] + 30)
    monkeypatch.setattr("distill.detector.ground_truth.open_teachers", lambda *_: [both, both])
    truth = Truth(LabelSettings(yunet="", retinaface=""), tmp_path / "truth.jsonl")
    photographs = [shown(np.zeros((80, 80, 3), np.uint8), np.array([[21, 22, 61, 64]], np.float32))]
    first = list(truth.of(photographs))
    with truth.path.open("ab") as file:
        file.write(b'{"name": "torn')
    again = list(truth.of(photographs))
    assert len(asked) == 2
    np.testing.assert_array_equal(first[0].points, again[0].points)
    np.testing.assert_allclose(first[0].points[0], POINTS[0] - FACES[0, :2] + 30)
