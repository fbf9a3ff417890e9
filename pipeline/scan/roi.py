"""Tests points against polygons in fractions of the frame: region of interest, masks, zones."""

from collections.abc import Mapping

import cv2
import numpy as np

from detectors.arrays import AnyFloat, Mask
from pipeline.settings.types import CameraSettings, Polygon, Roi


def points_in_roi(points: AnyFloat, roi: Roi, *, width: int, height: int) -> Mask:
    """Which of the points (N,2) lie inside the polygon or on its edge; all of them if the polygon is empty.

    points: in pixels of a frame of width x height.
    """
    if not roi or len(points) == 0:
        return np.ones(len(points), np.bool_)
    polygon = (np.asarray(roi, np.float32) * (width, height)).astype(np.float32)
    return np.array([cv2.pointPolygonTest(polygon, (float(x), float(y)), False) >= 0 for x, y in points])


def points_watched(points: AnyFloat, camera: CameraSettings, *, width: int, height: int) -> Mask:
    """Which of the points (N,2) lie in the camera's region of interest and in none of its masks."""
    watched = points_in_roi(points, camera.roi, width=width, height=height)
    for mask in camera.masks:
        watched &= ~points_in_roi(points, mask, width=width, height=height)
    return watched


def zones_at(point: AnyFloat, zones: Mapping[str, Polygon], *, width: int, height: int) -> tuple[str, ...]:
    """Names of the zones that a point (2,), in pixels of a frame of width x height, lies in, in their order."""
    points = point.reshape(1, 2)
    return tuple(name for name, zone in zones.items() if points_in_roi(points, zone, width=width, height=height)[0])
