"""Puts one picture into another by a matrix."""

import cv2
import numpy as np

from detectors.arrays import Float32, Float64

Area = tuple[slice, slice]


def blend(canvas: Float32, picture: Float32, matrix: Float64) -> tuple[Area, Float32]:
    """Blend a picture (H,W,4), premultiplied by its opacity, into the canvas; matrix (2,3): from its pixels to those.

    Returns the rows and columns of the canvas that it may have changed, and the picture's opacity there.
    """
    height, width = picture.shape[:2]
    corners = np.array([[0, 0, 1], [width, 0, 1], [0, height, 1], [width, height, 1]]) @ matrix.T
    low = np.floor(np.clip(corners.min(axis=0), 0, canvas.shape[1::-1])).astype(int)
    high = np.ceil(np.clip(corners.max(axis=0), 0, canvas.shape[1::-1])).astype(int)
    area = (slice(low[1], high[1]), slice(low[0], high[0]))
    if (high <= low).any():
        return area, np.zeros(canvas[area].shape[:2], np.float32)
    shifted = matrix.copy()
    shifted[:, 2] -= low
    moved = np.asarray(cv2.warpAffine(picture, shifted, (high - low).tolist(), flags=cv2.INTER_LINEAR), np.float32)
    canvas[area] *= 1 - moved[..., 3:]
    canvas[area] += moved[..., :3]
    return area, moved[..., 3]
