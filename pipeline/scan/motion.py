"""Finds where a camera's picture has changed, on a strongly reduced grey copy of it.

The threshold follows the noise of the picture, which differs between noon and night. The quietest quarter of the pixels
measures it, so at least a quarter of the picture must stand still. When all of it changes (the camera turns, a lamp
goes on), no part of the picture is more likely to show a new face than another, and `everywhere` says so.
"""

import cv2
import numpy as np

from detectors.arrays import Float32, Image
from pipeline.settings.types import Roi

REDUCED_SIDE_PX = 240
"""Longer side of the grey copy. A face of 10 px in 1080p has a body of 70 px, which is 9 px in the copy."""

CELL_PX = 8
"""Side of the cells that motion is reported by, in the grey copy. A moving crowd would be one shape of any size."""

MIN_CHANGED_PX = 3
"""Changed pixels that make a cell count as moving."""

MIN_DIFFERENCE = 8.0
"""Grey levels of 255. Video coding alone changes a still picture by less."""

QUIET_FRACTION = 0.25
"""Share of the pixels that measure the noise: those that changed least."""

EVERYWHERE_DIFFERENCE = 2.5
"""Grey levels by which the means of half of all cells must differ when the whole picture has changed. Noise, even that
of a night camera, differs by less in a mean of 64 pixels."""

NOISE_FACTOR = 25.0
"""A changed pixel differs by this many times the mean of the quiet ones, which is about four standard deviations."""


class MotionDetector:
    """Compares each picture of one camera with the one before it."""

    def __init__(self, roi: Roi = ()) -> None:
        self.everywhere = False  # whether the last `detect` saw the whole picture change
        self.roi = roi
        self._previous: Image | None = None

    def detect(self, image: Image) -> Float32:
        """Return boxes (N,4), x1 y1 x2 y2 in pixels of the image, of what has changed since the previous image.

        image: BGR uint8 (H,W,3), or grey (H,W). The first image, or the first of another size, has no boxes, and
        neither has one of which everything has changed.
        """
        current, previous = _reduce(image), self._previous
        self._previous, self.everywhere = current, False
        if previous is None or previous.shape != current.shape:
            return np.zeros((0, 4), np.float32)
        self.everywhere = _has_all_changed(previous, current)
        if self.everywhere:
            return np.zeros((0, 4), np.float32)
        boxes = _changed_cells(self._changed_pixels(previous, current))
        height, width = image.shape[:2]
        scale = np.array([width / current.shape[1], height / current.shape[0]], np.float32)
        return boxes * np.tile(scale, 2)

    def _changed_pixels(self, previous: Image, current: Image) -> Image:
        """1 where a pixel inside the region of interest has changed, else 0: uint8 (H,W)."""
        difference = np.asarray(cv2.absdiff(previous, current), np.uint8)
        threshold = max(MIN_DIFFERENCE, NOISE_FACTOR * _noise(difference))
        changed = np.asarray(difference > threshold, np.uint8)
        if self.roi:
            polygon = np.asarray(self.roi, np.float32) * (current.shape[1], current.shape[0])
            inside = cv2.fillPoly(np.zeros_like(current), [polygon.round().astype(np.int32)], 1)
            changed &= np.asarray(inside, np.uint8)
        return changed


def _has_all_changed(previous: Image, current: Image) -> bool:
    """Whether at least half of the cells have another mean."""
    cells = (max(1, current.shape[1] // CELL_PX), max(1, current.shape[0] // CELL_PX))
    means = (
        cv2.resize(picture, cells, interpolation=cv2.INTER_AREA).astype(np.int16) for picture in (previous, current)
    )
    before, after = means
    return bool(np.median(np.abs(after - before)) > EVERYWHERE_DIFFERENCE)


def _noise(difference: Image) -> float:
    """Mean difference of the quietest pixels. A quantile of whole grey levels would be too coarse."""
    count = max(1, int(QUIET_FRACTION * difference.size))
    return float(np.partition(difference, count - 1, axis=None)[:count].mean())


def _reduce(image: Image) -> Image:
    """A grey copy, uint8 (H,W), with a longer side of at most REDUCED_SIDE_PX; area averaging removes noisy pixels."""
    height, width = image.shape[:2]
    factor = min(1.0, REDUCED_SIDE_PX / max(height, width))
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY) if small.ndim == 3 else small, np.uint8)


def _changed_cells(changed: Image) -> Float32:
    """Boxes (N,4), in pixels of the grey copy, of the cells with at least MIN_CHANGED_PX changed pixels."""
    height, width = changed.shape
    padded = np.pad(changed, ((0, -height % CELL_PX), (0, -width % CELL_PX)))
    counts = padded.reshape(padded.shape[0] // CELL_PX, CELL_PX, -1, CELL_PX).sum(axis=(1, 3))
    corners = np.argwhere(counts >= MIN_CHANGED_PX)[:, ::-1] * CELL_PX
    return np.concatenate([corners, np.minimum(corners + CELL_PX, (width, height))], axis=1).astype(np.float32)
