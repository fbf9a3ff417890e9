"""Matrices of one axis against OpenCV's filters of both."""

import cv2
import numpy as np
import pytest

from distill.data.matrices import defocus_matrix, motion_matrix, resize_matrix
from distill.data.view_bank import INTERPOLATIONS

PICTURE = cv2.GaussianBlur(np.random.default_rng(0).integers(0, 255, (48, 48)).astype(np.uint8), (0, 0), 1.0)


@pytest.mark.parametrize("kernel", INTERPOLATIONS)
@pytest.mark.parametrize("side", [11, 16, 37, 64])
def test_resizing_by_two_matrices_is_resizing_by_opencv(side: int, kernel: int) -> None:
    matrix = resize_matrix(48, side, kernel)
    ours = np.clip(matrix @ PICTURE.astype(np.float32) @ matrix.T, 0, 255)
    theirs = cv2.resize(PICTURE, (side, side), interpolation=kernel)
    assert np.abs(ours - theirs).max() <= 1.01


@pytest.mark.parametrize("sigma", [0.6, 2.5])
def test_defocus_is_gaussian_blur(sigma: float) -> None:
    matrix = defocus_matrix(48, sigma)
    theirs = cv2.GaussianBlur(PICTURE, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE)
    assert np.abs(matrix @ PICTURE @ matrix.T - theirs).max() <= 1.5


def test_motion_is_a_mean_along_one_axis_and_nothing_below_a_pixel() -> None:
    dot = np.zeros(9, np.float32)
    dot[4] = 30
    assert np.allclose(motion_matrix(9, 3.0) @ dot, [0, 0, 0, 10, 10, 10, 0, 0, 0])
    assert np.allclose(motion_matrix(9, 0.3), np.eye(9))
    assert np.allclose(motion_matrix(9, 4.6).sum(axis=1), 1)
