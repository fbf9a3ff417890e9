"""A frame as a small JPEG file."""

import cv2
import numpy as np

from detectors.arrays import Image

JPEG_QUALITY = 70


def to_jpeg(image: Image, *, long_side: int) -> bytes:
    """Encode BGR uint8 (H,W,3), reduced to `long_side` pixels where it is larger. Raises ValueError for no picture."""
    small = _reduce(image, long_side)
    if not small.size:
        raise ValueError(f"preview: expected a picture, got one of {image.shape[1]}x{image.shape[0]} pixels")
    done, data = cv2.imencode(".jpg", small, (cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY))
    if not done:
        raise ValueError(f"preview: a picture of {image.shape[1]}x{image.shape[0]} pixels cannot be a JPEG file")
    return data.tobytes()


def _reduce(image: Image, long_side: int) -> Image:
    height, width = image.shape[:2]
    factor = long_side / max(height, width, 1)
    if factor >= 1:
        return image
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
