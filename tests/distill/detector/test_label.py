"""Labels merged from hand-drawn boxes and two teachers."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from detectors.arrays import Float32
from detectors.base import Detections
from distill.detector.config import DetectorSettings, LabelSettings, SceneSource
from distill.detector.label import (
    ARCFACE,
    DRAWN_BOX,
    box_from_landmarks,
    label,
    match_teachers,
    merge_labels,
    read_labels,
)
from distill.detector.prepare import open_photo_sets, prepare
from distill.detector.split import Part
from distill.progress import Log
from tests.distill.detector.scripted import FACES, POINTS, ScriptedDetector

SETTINGS = LabelSettings(yunet="", retinaface="")


def detections(*rows: tuple[float, float, float, float, float]) -> Detections:
    """Boxes x1 y1 x2 y2 and score, with landmarks as ArcFace's template has them in the box."""
    array = np.array(rows, np.float32).reshape(-1, 5)
    shares = (ARCFACE / 112).astype(np.float32)
    points = array[:, None, :2] + shares * (array[:, 2:4] - array[:, :2])[:, None]
    return Detections(array[:, :4], array[:, 4], points)


def drawn(*rows: tuple[float, float, float, float]) -> Float32:
    return np.array(rows, np.float32).reshape(-1, 4)


def test_a_drawn_box_is_kept_and_gets_the_teachers_landmarks() -> None:
    both = detections((100, 100, 140, 150, 0.9))
    [face] = merge_labels(drawn((102, 108, 138, 158)), both, both, SETTINGS)
    assert face.box == (102, 108, 138, 158)
    assert both.landmarks is not None
    np.testing.assert_allclose(face.points, both.landmarks[0], atol=0.01)


def test_a_face_found_by_both_teachers_gets_the_box_that_people_draw() -> None:
    both = detections((100, 100, 212, 212, 0.9))
    [face] = merge_labels(drawn(), both, both, SETTINGS)
    np.testing.assert_allclose(face.box, DRAWN_BOX + 100, atol=0.5)
    assert not face.ignore


def test_a_box_of_one_teacher_is_ignored() -> None:
    one, two = detections((10, 10, 50, 50, 0.95), (100, 100, 150, 150, 0.4)), detections((100, 100, 150, 150, 0.9))
    faces = merge_labels(drawn(), one, two, SETTINGS)
    assert len(faces) == 3  # both boxes of the second: the first teacher is not sure of it
    assert all(face.ignore for face in faces)


def test_a_box_of_one_teacher_on_a_drawn_face_is_dropped() -> None:
    [face] = merge_labels(drawn((10, 10, 50, 50)), detections((12, 12, 52, 52, 0.4)), detections(), SETTINGS)
    assert not face.ignore
    assert face.points == ()


def test_landmarks_of_a_face_of_another_size_are_not_used() -> None:
    both = detections((40, 40, 48, 48, 0.9))
    [face] = merge_labels(drawn((10, 10, 90, 90)), both, both, SETTINGS)
    assert face.points == ()


def test_teachers_agree_on_nothing_if_one_finds_nothing() -> None:
    agreed, lone = match_teachers(detections(), detections((0, 0, 9, 9, 0.9)), 0.5)
    assert (len(agreed), len(lone)) == (0, 1)
    agreed, lone = match_teachers(detections((0, 0, 9, 9, 0.9)), detections(), 0.5)
    assert (len(agreed), len(lone)) == (0, 1)


def test_the_box_follows_rotation_and_size_of_the_landmarks() -> None:
    middle = (DRAWN_BOX[:2] + DRAWN_BOX[2:]) / 2
    turn = np.array([[0, -1], [1, 0]])
    box = box_from_landmarks((ARCFACE - middle) @ turn.T * 0.5 + [50, 60])
    np.testing.assert_allclose((box[:2] + box[2:]) / 2, [50, 60], atol=0.1)
    np.testing.assert_allclose(box[2:] - box[:2], (DRAWN_BOX[2:] - DRAWN_BOX[:2]) / 2, atol=0.2)


def test_a_source_may_be_labelled_by_hand_alone_or_at_its_own_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def open_scripted(settings: LabelSettings, runtime: object, *, long_side: int) -> list[ScriptedDetector]:
        asked.append(long_side)
        return [ScriptedDetector(FACES, [0.9] * 3, POINTS)] * 2

    monkeypatch.setattr("distill.detector.label.open_teachers", open_scripted)
    for name in ("animals", "portraits"):
        (tmp_path / name).mkdir()
        cv2.imwrite(str(tmp_path / name / "a.png"), np.zeros((400, 400, 3), np.uint8))
    scenes = (
        SceneSource(str(tmp_path / "animals"), without_faces=True, label=False),
        SceneSource(str(tmp_path / "portraits"), long_side=320),
    )
    settings = DetectorSettings(str(tmp_path / "work"), scenes, (), SETTINGS)
    log = Log(tmp_path / "log.jsonl")
    monkeypatch.setattr("distill.detector.prepare.part_of", lambda _: Part.TRAIN)
    prepare(settings, log)
    label(settings, log)
    animals, portraits = (read_labels(photo_set) for photo_set in open_photo_sets(settings))
    assert asked == [320]
    assert animals[0].faces == []
    assert len(portraits[0].faces) == 3
