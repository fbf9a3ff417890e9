"""Selects the best crop of each track. Only one small crop is kept per track, so memory stays bounded.

The best crop has the largest product of face height, sharpness, detector score and visible share of the face. Crops
keep the camera's pixels, so that the report shows what the recogniser had to work with.
"""

import math

import cv2
import numpy as np

from detectors.arrays import Float32, Image
from pipeline.types import Track

MARGIN = 0.45
MAX_SIDE_PX = 192
_SHARPNESS_SIDE_PX = 64
_MIN_SHARPNESS = 0.01
_JPEG_QUALITY = 92


class BestCrop:
    """The best crop of one track so far."""

    def __init__(self) -> None:
        self.quality = 0.0
        self.image: Image | None = None

    def update(self, image: Image, track: Track) -> None:
        """Keep the track's crop from `image`, BGR uint8 (H,W,3), if it is the best so far."""
        face = crop_box(image, track.box, margin=0.0)
        if face is None:
            return
        quality = track.face_px * track.score * _sharpness(face) * _visible_share(track.box, image)
        if quality > self.quality:
            crop = crop_box(image, track.box, margin=MARGIN)
            self.quality, self.image = quality, None if crop is None else _limit_size(crop, MAX_SIDE_PX).copy()

    def to_jpeg(self) -> bytes | None:
        """Encode the crop as JPEG; None if there is none."""
        if self.image is None:
            return None
        done, data = cv2.imencode(".jpg", self.image, (cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY))
        return data.tobytes() if done else None


def crop_box(image: Image, box: Float32, *, margin: float) -> Image | None:
    """Return a view of the image under a box x1 y1 x2 y2 that is widened by `margin` of its size on each side.

    None if the box is not finite or lies outside the image.
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
    """Return the spread of the Laplacian over the spread of grey values, which is independent of contrast.

    A flat patch gets nearly zero.
    """
    grey = cv2.cvtColor(_limit_size(face, _SHARPNESS_SIDE_PX), cv2.COLOR_BGR2GRAY)
    contrast = float(cv2.meanStdDev(grey)[1][0, 0])
    if contrast < 1.0 or min(grey.shape) < 3:
        return _MIN_SHARPNESS
    return _MIN_SHARPNESS + float(cv2.meanStdDev(cv2.Laplacian(grey, cv2.CV_32F))[1][0, 0]) / contrast


def _visible_share(box: Float32, image: Image) -> float:
    height, width = image.shape[:2]
    x1, y1, x2, y2 = box.tolist()
    visible = max(0.0, min(x2, width) - max(x1, 0.0)) * max(0.0, min(y2, height) - max(y1, 0.0))
    return float(visible / max(1e-6, (x2 - x1) * (y2 - y1)))


def _limit_size(image: Image, max_side: int) -> Image:
    long_side = max(image.shape[:2])
    if long_side <= max_side:
        return image
    size = [max(1, round(side * max_side / long_side)) for side in image.shape[1::-1]]
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
