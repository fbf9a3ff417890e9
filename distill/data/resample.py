"""Resampling of clean faces for labels and tests: shrink by area, enlarge by cubic interpolation.

All published figures use area resampling: it averages light over a pixel as a camera does with a distant face.
"""

import cv2
import numpy as np

from detectors.arrays import Chips


def shrink(faces: Chips, size: int) -> Chips:
    """Shrink faces (N,S,S,3) to (N,size,size,3) by area."""
    if faces.shape[1] == size:
        return faces
    small = [cv2.resize(face, (size, size), interpolation=cv2.INTER_AREA) for face in faces]
    return np.asarray(small, np.uint8).reshape(-1, size, size, 3)


def enlarge(faces: Chips, size: int) -> Chips:
    """Enlarge faces (N,S,S,3) to (N,size,size,3) by cubic interpolation."""
    if faces.shape[1] == size:
        return faces
    large = [cv2.resize(face, (size, size), interpolation=cv2.INTER_CUBIC) for face in faces]
    return np.asarray(large, np.uint8).reshape(-1, size, size, 3)


def lower_resolution(faces: Chips, pixels: int) -> Chips:
    """Reduce the detail of faces (N,S,S,3) to `pixels` per side, and keep their size."""
    return enlarge(shrink(faces, pixels), faces.shape[1])
