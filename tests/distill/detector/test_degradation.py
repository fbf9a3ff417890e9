"""Degradation of training pictures."""

import numpy as np

from distill.detector.config import PictureSettings
from distill.detector.degradation import degrade_picture


def test_degradation_keeps_shape_and_type() -> None:
    foul = PictureSettings(light=1, blur=1, motion=1, noise=1, jpeg=1)
    image = np.random.default_rng(0).integers(0, 255, (64, 64, 3)).astype(np.uint8)
    for seed in range(20):
        out = degrade_picture(image, foul, np.random.default_rng(seed))
        assert (out.shape, out.dtype) == (image.shape, np.uint8)
