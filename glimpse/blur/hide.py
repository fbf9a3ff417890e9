"""Makes faces in a picture unrecognisable."""

from typing import Literal

import cv2
import numpy as np

from detectors.arrays import Float32, Image

Style = Literal["mosaic", "black"]
CELLS = 3
"""Cells of a mosaic along each side of a region: nine mean colours are all that remains of a face."""


def hide(image: Image, boxes: Float32, style: Style) -> None:
    """Hide regions of a BGR picture (H,W,3) in place. boxes: float32 (N,4) in its pixels, also beyond it."""
    height, width = image.shape[:2]
    left, top = np.floor(boxes[:, :2]).clip(0, [width, height]).astype(int).T
    right, bottom = np.ceil(boxes[:, 2:]).clip(0, [width, height]).astype(int).T
    for x0, y0, x1, y1 in zip(left, top, right, bottom, strict=True):
        if x1 > x0 and y1 > y0:
            image[y0:y1, x0:x1] = 0 if style == "black" else _mosaic(image[y0:y1, x0:x1])


def _mosaic(region: Image) -> Image:
    cells = cv2.resize(region, (CELLS, CELLS), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(cells, region.shape[1::-1], interpolation=cv2.INTER_NEAREST), np.uint8)
