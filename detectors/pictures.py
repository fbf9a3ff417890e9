"""Recognises picture files by their suffix, and decodes them."""

import cv2
import numpy as np

from detectors.arrays import Image

PHOTO_SUFFIXES = frozenset(".jpg .jpeg .png .webp".split())
"""What data sets of photos hold. A data set read by a wider list could gain files that earlier runs did not count."""
PICTURE_SUFFIXES = PHOTO_SUFFIXES | frozenset(".jpe .bmp .tif .tiff .ppm .pgm .jp2".split())


def decode_picture(data: bytes) -> Image | None:
    """BGR uint8 (H,W,3) of an encoded picture, rotated by its EXIF orientation; None if the bytes are not a picture."""
    decoded = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR) if data else None
    return None if decoded is None else np.asarray(decoded, np.uint8)
