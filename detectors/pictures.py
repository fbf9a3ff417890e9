"""Picture files: which files are pictures by their name, and how their bytes become an image."""

import cv2
import numpy as np

from detectors.arrays import Image

PHOTO_SUFFIXES = frozenset(".jpg .jpeg .png .webp".split())
"""What data sets of photos hold. A data set read by a wider list could gain files that earlier runs did not count."""
PICTURE_SUFFIXES = PHOTO_SUFFIXES | frozenset(".jpe .bmp .tif .tiff .ppm .pgm .jp2".split())


def decode_picture(data: bytes) -> Image | None:
    """BGR uint8 (H,W,3) of an encoded picture, turned as its EXIF says; None for bytes that are no picture."""
    decoded = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR) if data else None
    return None if decoded is None else np.asarray(decoded, np.uint8)
