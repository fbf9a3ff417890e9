"""Resampling and blur along one axis as matrices, so that a batch of views is two products of matrices.

A matrix of the rows and one of the columns do to a picture what OpenCV's separable filters do: `rows @ picture @
columns.T`.
"""

import math

import cv2
import numpy as np

from detectors.arrays import Float32, Float64


def resize_matrix(side: int, new_side: int, interpolation: int) -> Float32:
    """What `cv2.resize` does along one axis: (new_side,side). interpolation: a constant such as `cv2.INTER_AREA`."""
    if side == new_side:
        return np.eye(side, dtype=np.float32)
    resized = cv2.resize(np.eye(side, dtype=np.float32), (side, new_side), interpolation=interpolation)
    return np.asarray(resized, np.float32)


def defocus_matrix(side: int, sigma: float) -> Float32:
    """Gaussian blur along one axis: (side,side). sigma: standard deviation in pixels, above 0. Borders repeat."""
    offsets = np.arange(-math.ceil(3 * sigma), math.ceil(3 * sigma) + 1.0)
    return _filter_matrix(side, offsets, np.exp(-0.5 * (offsets / sigma) ** 2))


def motion_matrix(side: int, length: float) -> Float32:
    """The mean over `length` pixels along one axis: (side,side). Below 1 it changes nothing. Borders repeat."""
    reach = math.ceil(length / 2 + 1)
    offsets = np.arange(-reach, reach + 1.0)
    return _filter_matrix(side, offsets, np.clip(max(length, 1.0) / 2 + 0.5 - np.abs(offsets), 0, 1))


def _filter_matrix(side: int, offsets: Float64, weights: Float64) -> Float32:
    matrix = np.zeros((side, side), np.float32)
    rows = np.arange(side)
    for offset, weight in zip(offsets, weights / weights.sum(), strict=True):
        np.add.at(matrix, (rows, np.clip(rows + int(offset), 0, side - 1)), weight)
    return matrix
