"""Degradation of training pictures."""

from collections.abc import Callable

import numpy as np
import pytest

from detectors.arrays import Image
from distill.detector.config import PictureSettings
from distill.detector.degradation import MIN_FACE_PX, add_noise, change_light, degrade_picture, downscale, show_infrared


def test_degradation_keeps_shape_and_type() -> None:
    settings = PictureSettings(light=1, blur=1, motion=1, noise=1, jpeg=1, infrared=1)
    image = np.random.default_rng(0).integers(0, 255, (64, 64, 3)).astype(np.uint8)
    for seed in range(20):
        out = degrade_picture(image, settings, np.random.default_rng(seed))
        assert (out.shape, out.dtype) == (image.shape, np.uint8)


def test_downscaling_leaves_the_smallest_face_enough_pixels() -> None:
    image = np.random.default_rng(0).integers(0, 255, (64, 64, 3)).astype(np.uint8)
    rng = np.random.default_rng(1)
    np.testing.assert_array_equal(downscale(image, MIN_FACE_PX, rng), image)
    soft = downscale(image, 100.0, rng)
    assert soft.shape == image.shape
    assert soft.std() < image.std() * 0.9


@pytest.mark.parametrize("change", [change_light, add_noise, show_infrared])
def test_a_change_of_values_stays_in_range(change: Callable[[Image, np.random.Generator], Image]) -> None:
    for value in (0, 128, 255):
        image = np.full((16, 16, 3), value, np.uint8)
        changed = [change(image, np.random.default_rng(seed)) for seed in range(10)]
        assert all(one.dtype == np.uint8 for one in changed)
        assert value == 0 or any((one != image).any() for one in changed)


def test_infrared_has_no_colour_and_other_light_each_time() -> None:
    image = np.random.default_rng(0).integers(0, 255, (32, 32, 3)).astype(np.uint8)
    first, second = (show_infrared(image, np.random.default_rng(seed)) for seed in (0, 1))
    assert (first == first[..., :1]).all()
    assert (first != second).any()
