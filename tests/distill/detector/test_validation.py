"""Hard negatives found in photographs without faces."""

from pathlib import Path

import numpy as np

from distill.detector.photo_set import Photo, PhotoSet
from distill.detector.split import Part
from distill.detector.training_data import LabelledPhoto
from distill.detector.validation import HARD_SCORE, MAX_PER_PHOTO, _find_hard_negatives, _pad_to_square
from tests.distill.detector.scripted import ScriptedDetector


def photo_without_faces(folder: Path, ignore: list[list[float]]) -> LabelledPhoto:
    photo_set = PhotoSet(folder, "doors")
    photo_set.raw.write_bytes(bytes(40 * 60 * 3))
    none = np.zeros((0, 4), np.float32)
    printed = np.array(ignore, np.float32).reshape(-1, 4)
    photo = Photo("any", Part.TRAIN, 0, 40, 60)
    return LabelledPhoto(photo_set, photo, none, np.zeros((0, 5, 2), np.float32), printed)


def test_places_are_in_pixels_of_the_photograph_at_each_scale(tmp_path: Path) -> None:
    detector = ScriptedDetector(np.array([[10, 10, 20, 20], [2, 2, 4, 4]]), [0.9, HARD_SCORE - 0.01])
    found = _find_hard_negatives(detector, 7, photo_without_faces(tmp_path, []))
    assert found == [(7, 15, 15, 1.0), (7, 30, 30, 0.5)]


def test_printed_faces_are_no_false_alarms(tmp_path: Path) -> None:
    detector = ScriptedDetector(np.array([[10, 10, 20, 20]]), [0.9])
    found = _find_hard_negatives(detector, 0, photo_without_faces(tmp_path, [[10, 10, 20, 20]]))
    assert [place.scale for place in found] == [0.5]  # at half the size the box lies elsewhere in the photograph


def test_a_photograph_gives_few_hard_negatives(tmp_path: Path) -> None:
    boxes = np.array([[10 * n, 0, 10 * n + 8, 8] for n in range(20)], np.float32)
    found = _find_hard_negatives(ScriptedDetector(boxes, [0.9] * 20), 0, photo_without_faces(tmp_path, []))
    assert len(found) == 2 * MAX_PER_PHOTO


def test_pictures_are_padded_to_one_shape_but_never_cut() -> None:
    assert _pad_to_square(np.zeros((30, 50, 3), np.uint8), 64).shape == (64, 64, 3)
    assert _pad_to_square(np.zeros((30, 80, 3), np.uint8), 64).shape == (64, 80, 3)
