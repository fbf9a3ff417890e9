"""The best crop of a track: sharp, large and whole, in native pixels."""

import cv2
import numpy as np
import pytest

from detectors.arrays import Image
from pipeline.sinks.report.crops import MAX_SIDE_PX, BestCrop, crop_box
from pipeline.types import Track


def scene(blur: float = 0.0) -> Image:
    image = np.random.default_rng(0).integers(0, 255, (100, 100, 3)).astype(np.uint8)
    return np.asarray(cv2.GaussianBlur(image, (0, 0), blur), np.uint8) if blur else image


def face(*box: float, score: float = 0.9) -> Track:
    return Track("cam", 1, np.array(box, np.float32), score, None, 0.0)


def test_a_crop_has_native_pixels_and_a_margin() -> None:
    image = scene()
    got = crop_box(image, np.array([40, 40, 50, 60], np.float32), margin=0.5)
    assert got is not None
    assert np.array_equal(got, image[30:70, 35:55])


@pytest.mark.parametrize("box", [(np.nan, 0, 1, 1), (200, 200, 210, 210), (5, 5, 5, 5), (9, 9, 3, 3)])
def test_a_box_without_pixels_gives_no_crop(box: tuple[float, ...]) -> None:
    best = BestCrop()
    assert crop_box(scene(), np.array(box, np.float32), margin=0.0) is None
    best.update(scene(), face(*box))
    assert best.to_jpeg() is None


def test_sharp_large_whole_and_confident_faces_win() -> None:
    def quality(image: Image, *box: float, score: float = 0.9) -> float:
        best = BestCrop()
        best.update(image, face(*box, score=score))
        return best.quality

    reference = quality(scene(), 40, 40, 60, 60)
    assert quality(scene(2.0), 40, 40, 60, 60) < reference
    assert quality(scene(), 40, 40, 50, 50) < reference
    assert quality(scene(), -10, 40, 10, 60) < reference
    assert quality(scene(), 40, 40, 60, 60, score=0.5) < reference
    assert quality(np.full((100, 100, 3), 90, np.uint8), 40, 40, 60, 60) < reference


def test_the_best_crop_is_kept_as_a_small_copy() -> None:
    best = BestCrop()
    for blur in (3.0, 0.0, 2.0):
        best.update(scene(blur), face(40, 40, 60, 60))
    sharp = crop_box(scene(), np.array([40, 40, 60, 60], np.float32), margin=0.45)
    assert best.image is not None
    assert np.array_equal(best.image, sharp)
    assert best.image.base is None
    large = BestCrop()
    large.update(np.tile(scene(), (10, 10, 1)), face(100, 100, 900, 900))
    assert large.image is not None
    assert max(large.image.shape) == MAX_SIDE_PX
