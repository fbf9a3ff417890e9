"""Pictures that show what a held-out picture shows."""

import cv2
import numpy as np
import pytest

from detectors.arrays import Image
from distill.detector.twins import HeldOutPictures


def scene(seed: int) -> Image:
    blocks = np.random.default_rng(seed).integers(0, 255, (9, 12, 3)).astype(np.uint8)
    return np.asarray(cv2.resize(blocks, (240, 180), interpolation=cv2.INTER_CUBIC), np.uint8)


def recompressed(image: Image) -> Image:
    small = cv2.resize(image, (130, 98), interpolation=cv2.INTER_AREA)
    _, data = cv2.imencode(".jpg", small, (cv2.IMWRITE_JPEG_QUALITY, 40))
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)


def test_the_same_photograph_at_another_size_and_quality_is_found() -> None:
    held_out = HeldOutPictures(map(scene, range(20)))
    assert all(held_out.show(recompressed(scene(seed))) for seed in range(20))
    assert not any(held_out.show(scene(seed)) for seed in range(20, 200))


@pytest.mark.parametrize("grey", [0, 128, 255])
def test_flat_pictures_are_like_no_other(grey: int) -> None:
    flat = np.full((40, 60, 3), grey, np.uint8)
    assert not HeldOutPictures([flat]).show(flat)


def test_without_held_out_pictures_nothing_is_a_twin() -> None:
    assert not HeldOutPictures([]).show(scene(0))
