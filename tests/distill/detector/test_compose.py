"""Composed pictures and their labels."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from detectors.boxes import box_iou
from distill.detector.compose import TOO_LARGE_PX, Composer, TrainingPicture, _flip, flip_points
from distill.detector.config import PictureSettings
from distill.detector.photo_set import Photo, PhotoSet
from distill.detector.split import Part
from distill.detector.training_data import HardNegative, LabelledPhoto, TrainingData


def test_flipping_moves_pixels_boxes_and_landmarks_alike() -> None:
    rng = np.random.default_rng(1)
    points = rng.uniform(0, 32, (3, 5, 2)).astype(np.float32)
    np.testing.assert_allclose(flip_points(flip_points(points, 32), 32), points, atol=1e-5)
    view = TrainingPicture(np.zeros((32, 32, 3), np.uint8), [np.array([2, 3, 10, 12], np.float32)], [points[0]])
    view.image[3:12, 2:10] = 255
    _flip(view)
    x1, y1, x2, y2 = view.boxes[0].astype(int)
    assert view.image[y1:y2, x1:x2].all()
    assert view.image.sum() == 255 * 3 * 8 * 9
    assert flip_points(points[0], 32)[0, 0] == 32 - points[0, 1, 0]  # the right eye is the mirrored left one


PHOTO = np.random.default_rng(0).integers(0, 255, (90, 120, 3)).astype(np.uint8)
FACE = np.array([[40, 30, 70, 66]], np.float32)
NO_EFFECTS = dict.fromkeys(("light", "downscale", "blur", "motion", "noise", "jpeg", "swap_faces", "paste_faces"), 0)


@pytest.fixture
def data(tmp_path: Path) -> TrainingData:
    """A photograph with one face, the same photograph without, and a white face to paste."""
    photo_set = PhotoSet(tmp_path, "any")
    photo_set.raw.write_bytes(PHOTO.tobytes())
    photo, none = Photo("any", Part.TRAIN, 0, 90, 120), np.zeros((0, 4), np.float32)
    points = np.array([[[48, 44], [62, 44], [55, 50], [49, 58], [61, 58]]], np.float32)
    with_face = LabelledPhoto(photo_set, photo, FACE, points, none)
    without = LabelledPhoto(photo_set, photo, none, points[:0], none)
    return TrainingData([with_face], [without], [np.full((1, 112, 112, 3), 255, np.uint8)])


def compose_many(data: TrainingData, settings: PictureSettings, count: int = 30) -> list[TrainingPicture]:
    composer = Composer(data, settings, np.random.default_rng(0))
    return [composer.compose() for _ in range(count)]


def note_places(monkeypatch: pytest.MonkeyPatch) -> list[tuple[float, float]]:
    """The pixels of photographs that pictures show, noted from now on."""
    places: list[tuple[float, float]] = []
    place = Composer._place

    def note_focus(self: Composer, *arguments: Any) -> tuple[int, int]:
        places.append(arguments[3])
        return place(self, *arguments)

    monkeypatch.setattr(Composer, "_place", note_focus)
    return places


def test_composed_faces_have_the_configured_heights_and_their_pixels(data: TrainingData) -> None:
    settings = PictureSettings(side=64, from_px=10, to_px=30, without_faces=0, **NO_EFFECTS)
    pictures = compose_many(data, settings)
    heights = np.array([box[3] - box[1] for picture in pictures for box in picture.boxes])
    assert len(heights) > 30
    assert 10 * 0.6 <= heights.min() < heights.max() <= 30 * 1.6  # heights vary by a third, scales by 4 %
    for picture in pictures:
        assert picture.image.shape == (64, 64, 3)
        for box, points in zip(picture.boxes, picture.points, strict=True):
            shares = (points - box[:2]) / (box[2:] - box[:2])
            assert shares[0, 0] < shares[1, 0]  # the subject's right eye stays on the left, mirrored or not
            np.testing.assert_allclose(shares[:, 1], (np.array([44, 44, 50, 58, 58]) - 30) / 36, atol=0.01)


def test_half_of_the_photographs_without_faces_get_faces_and_half_show_hard_negatives(
    data: TrainingData, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = note_places(monkeypatch)
    composer = Composer(data, PictureSettings(side=64, without_faces=1, **NO_EFFECTS), np.random.default_rng(1))
    composer.hard_negatives = [HardNegative(0, 60.0, 45.0, 1.0)]
    pictures = [composer.compose() for _ in range(60)]
    assert sum(bool(picture.boxes or picture.ignore) for picture in pictures) == pytest.approx(30, abs=12)
    assert places.count((60.0, 45.0)) == pytest.approx(30, abs=12)
    assert sum(bool(np.isnan(focus).all()) for focus in places) == 60 - places.count((60.0, 45.0))


def test_no_part_of_a_face_that_is_too_large_is_a_face(data: TrainingData, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("distill.detector.compose.LEAST_CLOSE_UP_PX", TOO_LARGE_PX)
    photo = data.with_faces[0]
    large = replace(photo, boxes=np.array([[5, 5, 90, 88]], np.float32) * np.float32(1.3))
    settings = PictureSettings(side=64, without_faces=0, too_large=1, **NO_EFFECTS)
    pictures = compose_many(TrainingData([large], [], data.faces), settings)
    assert not any(picture.boxes or picture.ignore for picture in pictures)
    assert len({picture.image.tobytes() for picture in pictures}) == len(pictures)


def test_pictures_of_a_near_person_show_hair_and_clothes_too(
    data: TrainingData, monkeypatch: pytest.MonkeyPatch
) -> None:
    portrait = replace(data.with_faces[0], boxes=np.array([[48, 20, 72, 50]], np.float32))
    places = note_places(monkeypatch)
    settings = PictureSettings(side=64, without_faces=0, too_large=1, **NO_EFFECTS)
    monkeypatch.setattr("distill.detector.training_data.PORTRAIT_PX", 30)
    compose_many(TrainingData([portrait], [], data.faces), settings, count=60)
    x, y = np.array(places).T
    assert 24 <= x.min() < 48 < 72 < x.max() <= 96
    assert 5 <= y.min() < 20 < 50 < y.max() <= 90  # the photograph ends there


def test_without_a_portrait_faces_of_every_size_are_shown_instead(data: TrainingData) -> None:
    settings = PictureSettings(side=64, from_px=10, to_px=30, without_faces=0, too_large=1, **NO_EFFECTS)
    assert all(picture.boxes or picture.ignore for picture in compose_many(data, settings))


def test_pasted_faces_keep_a_distance(data: TrainingData) -> None:
    settings = PictureSettings(side=128, from_px=12, to_px=24, without_faces=1, **NO_EFFECTS)
    for picture in compose_many(data, settings):
        boxes = np.array([*picture.boxes, *picture.ignore], np.float32).reshape(-1, 4)
        overlap = box_iou(boxes, boxes)
        assert np.count_nonzero(overlap > 0) == len(boxes)


def test_a_swapped_face_changes_its_pixels_and_no_others(data: TrainingData) -> None:
    image, (box,), points = PHOTO.copy(), FACE, data.with_faces[0].points[0]
    composer = Composer(data, PictureSettings(), np.random.default_rng(0))
    composer._swap_features(image, box, points)
    changed = np.argwhere((image != PHOTO).any(axis=2))
    assert len(changed) > 100
    assert (changed >= box[1::-1] - 1).all()
    assert (changed <= box[3:1:-1] + 1).all()
