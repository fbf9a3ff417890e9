"""Blackens parts of a camera's pictures before anything else sees them: neighbours' windows, a keypad, a clock."""

import threading
from collections.abc import Sequence

import cv2
import numpy as np

from detectors.arrays import Image
from pipeline.settings.types import Polygon
from pipeline.types import Picture


class MaskedPicture:
    """A picture of which some parts are black, converted when somebody looks at it; threads may share it."""

    def __init__(self, picture: Image | Picture, masks: Sequence[Polygon]) -> None:
        """masks: polygons in fractions of the picture."""
        self._picture, self._masks = picture, masks
        self._image: Image | None = None
        self._lock = threading.Lock()

    @property
    def image(self) -> Image:
        """BGR uint8 (H,W,3), read-only."""
        with self._lock:
            if self._image is None:
                picture = self._picture
                self._image = blacken(picture if isinstance(picture, np.ndarray) else picture.image, self._masks)
            return self._image

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of `image`, without converting it."""
        return self._picture.shape[1::-1] if isinstance(self._picture, np.ndarray) else self._picture.size

    @property
    def brightness(self) -> Image:
        """As of the picture itself, with the same parts black: nothing moves there."""
        if isinstance(self._picture, np.ndarray):
            return self.image
        return blacken(self._picture.brightness, self._masks)


def blacken(image: Image, masks: Sequence[Polygon]) -> Image:
    """A read-only copy of uint8 (H,W) or (H,W,3) with these polygons, edges included, black."""
    height, width = image.shape[:2]
    copy = image.copy()
    corners = [(np.asarray(mask, np.float64) * (width, height)).round().astype(np.int32) for mask in masks]
    for polygon in corners:
        cv2.fillPoly(copy, [polygon], (0, 0, 0))
    copy.flags.writeable = False
    return copy
