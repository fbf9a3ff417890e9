"""The best picture of each face. Only a small crop is kept per track, never a frame, so memory stays bounded.

Best is size x sharpness x detector score x how much of the face lies in the picture. The crop is native pixels: what
the recogniser saw is what is shown, and a 12-pixel face should look like one.
"""

import math

import cv2
import numpy as np

from detectors.arrays import Float32, Image
from pipeline.types import Track

MARGIN = 0.45
LARGEST = 192


class BestCrop:
    """The best crop of one track so far."""

    def __init__(self) -> None:
        self.quality = 0.0
        self.image: Image | None = None

    def offer(self, image: Image, track: Track) -> None:
        """Keep this look at the face, in BGR uint8 (H,W,3), if it is the best so far."""
        face = cut(image, track.box, margin=0.0)
        if face is None:
            return
        quality = track.face_px * track.score * _sharpness(face) * _inside(track.box, image)
        if quality > self.quality:
            crop = cut(image, track.box, margin=MARGIN)
            self.quality, self.image = quality, None if crop is None else _bounded(crop).copy()

    def jpeg(self) -> bytes | None:
        """The crop as JPEG; None when no look was any good."""
        if self.image is None:
            return None
        done, data = cv2.imencode(".jpg", self.image, (cv2.IMWRITE_JPEG_QUALITY, 92))
        return data.tobytes() if done else None


def cut(image: Image, box: Float32, *, margin: float) -> Image | None:
    """What lies under a box x1 y1 x2 y2 widened by `margin` of its size each side, as far as in the picture: a view.

    None when nothing does.
    """
    x1, y1, x2, y2 = box.tolist()
    dx, dy = margin * (x2 - x1), margin * (y2 - y1)
    if not math.isfinite(dx + dy):
        return None
    height, width = image.shape[:2]
    left, top = round(max(0.0, x1 - dx)), round(max(0.0, y1 - dy))
    right, bottom = round(min(float(width), x2 + dx)), round(min(float(height), y2 + dy))
    return image[top:bottom, left:right] if right > left and bottom > top else None


def _sharpness(face: Image) -> float:
    """Spread of the Laplacian over spread of the grey values: independent of how bright or contrasty the camera is.

    A flat patch counts almost nothing.
    """
    grey = cv2.cvtColor(_bounded(face, LARGEST // 3), cv2.COLOR_BGR2GRAY)
    contrast = float(cv2.meanStdDev(grey)[1][0, 0])
    if contrast < 1.0 or min(grey.shape) < 3:
        return 0.01
    return 0.01 + float(cv2.meanStdDev(cv2.Laplacian(grey, cv2.CV_32F))[1][0, 0]) / contrast


def _inside(box: Float32, image: Image) -> float:
    height, width = image.shape[:2]
    x1, y1, x2, y2 = box.tolist()
    seen = max(0.0, min(x2, width) - max(x1, 0.0)) * max(0.0, min(y2, height) - max(y1, 0.0))
    return float(seen / max(1e-6, (x2 - x1) * (y2 - y1)))


def _bounded(image: Image, largest: int = LARGEST) -> Image:
    longer = max(image.shape[:2])
    if longer <= largest:
        return image
    size = [max(1, round(side * largest / longer)) for side in image.shape[1::-1]]
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
