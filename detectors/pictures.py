"""Picture files: which files are pictures by their name, and how their bytes become an image."""

import cv2
import numpy as np

from detectors.arrays import Image

PICTURE_SUFFIXES = frozenset(".jpg .jpeg .jpe .png .bmp .webp .tif .tiff .ppm .pgm .jp2".split())


def decode_picture(data: bytes) -> Image | None:
    """BGR uint8 (H,W,3) of an encoded picture, turned as its EXIF says; None for bytes that are no picture."""
    decoded = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR) if data else None
    return None if decoded is None else np.asarray(decoded, np.uint8)
