"""Photographs and faces that training pictures are made of."""

from pathlib import Path

import msgspec
import numpy as np
import pytest

from distill.detector.config import DetectorSettings, FaceSource, LabelSettings, SceneSource
from distill.detector.label import PhotoLabels, labels_path
from distill.detector.photo_set import FaceLabel, Photo, PhotoSet
from distill.detector.prepare import face_rows_of
from distill.detector.split import Part
from distill.detector.training_data import LabelledPhoto, TrainingData, load_training_data
from distill.errors import DistillError

BOX = (1.0, 2.0, 9.0, 12.0)


def write_set(folder: Path, name: str, parts: list[Part]) -> PhotoSet:
    """A set of black photographs of 16x24 pixels."""
    photo_set = PhotoSet(folder, name)
    folder.mkdir(parents=True, exist_ok=True)
    photo_set.raw.write_bytes(bytes(16 * 24 * 3 * len(parts)))
    photo_set.write_index([Photo(str(n), part, n * 16 * 24 * 3, 16, 24) for n, part in enumerate(parts)])
    return photo_set


def write_labels(photo_set: PhotoSet, faces: list[list[FaceLabel]]) -> None:
    lines = [msgspec.json.encode(PhotoLabels(str(n), labels)) + b"\n" for n, labels in enumerate(faces)]
    labels_path(photo_set).write_bytes(b"".join(lines))


@pytest.fixture
def settings(tmp_path: Path) -> DetectorSettings:
    """One set with a face and an ignored box, one without people, and two faces to paste."""
    sure, unclear = FaceLabel(BOX, points=((1.0, 2.0),) * 5), FaceLabel((3.0, 3.0, 5.0, 5.0), ignore=True)
    crowd = write_set(tmp_path / "scenes", "crowd", [Part.TRAIN, Part.VALIDATION, Part.TRAIN])
    write_labels(crowd, [[sure, unclear], [sure], [unclear]])
    write_labels(write_set(tmp_path / "scenes", "doors", [Part.TRAIN]), [[sure, unclear]])
    source = FaceSource("faces")
    face_rows_of(tmp_path, source).append(np.zeros((2, 112, 112, 3), np.uint8))
    scenes = (SceneSource("crowd"), SceneSource("doors", without_faces=True))
    return DetectorSettings(str(tmp_path), scenes, (source,), LabelSettings("", ""))


def test_photographs_are_chosen_by_part_and_need_a_face(settings: DetectorSettings) -> None:
    data = load_training_data(settings)
    [crowd] = data.with_faces
    np.testing.assert_array_equal(crowd.boxes, [BOX])
    np.testing.assert_array_equal(crowd.points[0], [[1, 2]] * 5)
    np.testing.assert_array_equal(crowd.ignore, [[3, 3, 5, 5]])
    assert len(load_training_data(settings, Part.VALIDATION).with_faces) == 1


def test_without_people_agreed_faces_are_ignored_and_single_boxes_are_background(settings: DetectorSettings) -> None:
    [doors] = load_training_data(settings).without_faces
    assert len(doors.boxes) == 0
    np.testing.assert_array_equal(doors.ignore, [BOX])


def test_labels_must_be_complete(settings: DetectorSettings, tmp_path: Path) -> None:
    path = labels_path(PhotoSet(tmp_path / "scenes", "crowd"))
    path.write_bytes(path.read_bytes()[:-20])  # a torn last line
    with pytest.raises(DistillError, match="crowd: not labelled to its end"):
        load_training_data(settings)


def test_a_copy_is_never_smaller_than_needed(settings: DetectorSettings) -> None:
    [photo] = load_training_data(settings).with_faces
    for factor, side in ((1.2, 24), (1.0, 24), (0.51, 24), (0.5, 12), (0.2, 6), (0.01, 3)):
        image, scale = photo.at_scale(factor)
        assert image.shape[1] == side
        assert scale == side / 24


def test_every_face_and_no_other_can_be_drawn() -> None:
    faces = [np.full((count, 2, 2, 3), 10 * count, np.uint8) for count in (1, 3)]
    data = TrainingData([], [], faces)
    rng = np.random.default_rng(0)
    drawn = [int(data.random_face(rng)[0, 0, 0]) for _ in range(400)]
    assert drawn.count(10) == pytest.approx(100, abs=30)
    assert drawn.count(10) + drawn.count(30) == 400


def test_photographs_of_several_faces_are_drawn_more_often(tmp_path: Path) -> None:
    photo_set, photo = PhotoSet(tmp_path, "any"), Photo("any", Part.TRAIN, 0, 1, 1)
    boxes, points = np.zeros((9, 4), np.float32), np.zeros((9, 5, 2), np.float32)
    portrait, crowd = (LabelledPhoto(photo_set, photo, boxes[:count], points[:count], boxes[:0]) for count in (1, 9))
    data, rng = TrainingData([portrait, crowd], [], []), np.random.default_rng(0)
    assert sum(data.random_photo(rng) is crowd for _ in range(400)) == pytest.approx(300, abs=40)  # √9 times as often
