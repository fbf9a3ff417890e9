"""Where a camera's picture has changed, on a strongly shrunk grey copy.

The surprising decision: the threshold follows the picture's own noise, since that is what differs between noon and
night. The quarter of the pixels that differ least tell it, as long as a quarter of the picture stands still. Where all
of it changes (the camera turned, a lamp went on) nothing counts as motion, which is right: no place of it is better
to search than another.
"""

import cv2
import numpy as np

from detectors.arrays import Float32, Image
from pipeline.settings.types import Roi

LONG_SIDE = 240  # of the grey copy: a face of 10 px in 1080p has a body of 70, which is 9 here
_FLOOR = 8.0  # grey levels, of 255: what coding alone changes in a still picture
_QUIET = 4  # one in so many pixels tells the noise
_ABOVE_NOISE = 25.0  # times what those differ by on average: four standard deviations
_CELL = 8  # pixels of the grey copy: motion is told by cells, since a crowd that moves is one shape without end
_LEAST = 3  # pixels of a cell that must have changed


class MotionDetector:
    """Compares a camera's pictures of one size, each with the one given before it."""

    def __init__(self, roi: Roi = ()) -> None:
        self._roi = roi
        self._before: Image | None = None

    def detect(self, image: Image) -> Float32:
        """What moved since the last picture: boxes float32 (N,4), x1 y1 x2 y2 in its pixels; none for the first.

        image: BGR uint8 (H,W,3).
        """
        now, before = shrunk(image), self._before
        self._before = now
        if before is None or before.shape != now.shape:
            return np.zeros((0, 4), np.float32)
        boxes = _cells(self._changed(before, now))
        height, width = image.shape[:2]
        return boxes * np.tile(np.array([width / now.shape[1], height / now.shape[0]], np.float32), 2)

    def _changed(self, before: Image, now: Image) -> Image:
        difference = np.asarray(cv2.absdiff(before, now), np.uint8)
        limit = max(_FLOOR, _ABOVE_NOISE * _noise(difference))
        changed = np.asarray(difference > limit, np.uint8)
        if self._roi:
            polygon = np.asarray(self._roi, np.float32) * (now.shape[1], now.shape[0])
            changed &= np.asarray(cv2.fillPoly(np.zeros_like(now), [polygon.round().astype(np.int32)], 1), np.uint8)
        return changed


def _noise(difference: Image) -> float:
    """What the quietest pixels differ by; a mean, because a quantile of whole grey levels would be too coarse."""
    quiet = max(1, difference.size // _QUIET)
    return float(np.partition(difference, quiet - 1, axis=None)[:quiet].mean())


def shrunk(image: Image) -> Image:
    """A grey uint8 copy with a longer side of at most LONG_SIDE pixels, averaged: single noisy pixels vanish in it."""
    height, width = image.shape[:2]
    factor = min(1.0, LONG_SIDE / max(height, width))
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    small = cv2.resize(np.ascontiguousarray(image), size, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY), np.uint8)


def _cells(changed: Image) -> Float32:
    """The cells in which enough has changed, as boxes in pixels of the grey copy."""
    height, width = changed.shape
    padded = np.pad(changed, ((0, -height % _CELL), (0, -width % _CELL)))
    counts = padded.reshape(padded.shape[0] // _CELL, _CELL, -1, _CELL).sum(axis=(1, 3))
    corners = np.argwhere(counts >= _LEAST)[:, ::-1] * _CELL
    return np.concatenate([corners, np.minimum(corners + _CELL, (width, height))], axis=1).astype(np.float32)
