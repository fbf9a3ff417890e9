"""H.264 keeps the size, order and content of chips."""

import cv2
import numpy as np

from distill.data.codec import compress_h264


def face(side: int = 80, seed: int = 0) -> np.ndarray:
    """A smooth picture, darker on the left and at the top."""
    coarse = np.random.default_rng(seed).integers(0, 80, (5, 5, 3)).astype(np.float32)
    smooth = cv2.resize(coarse, (side, side), interpolation=cv2.INTER_CUBIC)
    slope = np.linspace(0, 120, side)
    return np.clip(smooth + slope[None, :, None] + slope[:, None, None] / 4, 0, 255).astype(np.uint8)


def test_h264_of_odd_sides_fits() -> None:
    assert compress_h264(np.stack([face(17)] * 3), quality=23).shape == (3, 17, 17, 3)


def test_every_chip_comes_back_at_its_place() -> None:
    chips = np.stack([np.full((16, 16, 3), level, np.uint8) for level in (0, 60, 120, 180, 240)])
    coded = compress_h264(chips, quality=20)
    assert np.abs(coded.astype(int) - chips).max() < 12


def test_a_higher_rate_factor_loses_more_detail() -> None:
    noise = np.random.default_rng(0).integers(0, 255, (4, 32, 32, 3)).astype(np.uint8)
    fine, coarse = (np.abs(compress_h264(noise, quality=q).astype(int) - noise).mean() for q in (10, 45))
    assert coarse > fine
