"""Photographs mapped from disk."""

from pathlib import Path

import numpy as np

from distill.detector.photo_set import Photo, PhotoSet
from distill.detector.split import Part


def test_a_set_gives_back_pixels_and_counts_as_complete_with_its_index(tmp_path: Path) -> None:
    first = np.random.default_rng(0).integers(0, 255, (4, 6, 3)).astype(np.uint8)
    second = np.random.default_rng(1).integers(0, 255, (5, 2, 3)).astype(np.uint8)
    photo_set = PhotoSet(tmp_path, "crowd")
    photo_set.raw.write_bytes(first.tobytes() + second.tobytes())
    assert not photo_set.is_complete
    photos = [
        Photo("a", Part.TRAIN, 0, 4, 6, ((1.0, 2.0, 3.0, 4.0),)),
        Photo("b", Part.VALIDATION, first.size, 5, 2),
    ]
    photo_set.write_index(photos)
    again = PhotoSet(tmp_path, "crowd")
    assert again.is_complete
    assert again.photos == photos
    for photo, image in zip(again.photos, (first, second), strict=True):
        np.testing.assert_array_equal(again.pixels(photo), image)


def test_a_set_without_photographs_can_be_read(tmp_path: Path) -> None:
    photo_set = PhotoSet(tmp_path, "none")
    photo_set.raw.touch()
    photo_set.write_index([])
    assert photo_set.photos == []
    assert len(photo_set._pixels) == 0
