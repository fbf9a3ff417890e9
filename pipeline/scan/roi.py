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
