"""Tests points against a region of interest: a polygon in fractions of the frame, valid at any resolution."""

import cv2
import numpy as np

from detectors.arrays import AnyFloat, Mask
from pipeline.settings.types import Roi


def points_in_roi(points: AnyFloat, roi: Roi, *, width: int, height: int) -> Mask:
    """Which of the points (N,2) lie inside the polygon or on its edge; all of them if the polygon is empty.

    points: in pixels of a frame of width x height.
    """
    if not roi or len(points) == 0:
        return np.ones(len(points), np.bool_)
    polygon = (np.asarray(roi, np.float32) * (width, height)).astype(np.float32)
    return np.array([cv2.pointPolygonTest(polygon, (float(x), float(y)), False) >= 0 for x, y in points])


def parse_roi(text: str) -> Roi:
    """`x1,y1,x2,y2` is a rectangle, `x1,y1,x2,y2,x3,y3,...` a polygon; shares of the frame, 0 to 1.

    Raises ValueError naming the text and what was expected.
    """
    try:
        numbers = [float(part) for part in text.replace(" ", ",").split(",") if part]
    except ValueError:
        numbers = []
    if len(numbers) < 4 or len(numbers) % 2 or not all(0 <= number <= 1 for number in numbers):
        raise ValueError(f"roi {text!r}: expected x1,y1,x2,y2 or three points and more, each number from 0 to 1")
    if len(numbers) == 4:
        x1, y1, x2, y2 = numbers
        return ((x1, y1), (x2, y1), (x2, y2), (x1, y2))
    return tuple(zip(numbers[::2], numbers[1::2], strict=True))
