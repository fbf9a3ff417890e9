"""The plain low-resolution view used for labels and for the test: shrink by area, enlarge by cubic.

Area resampling is fixed here for every figure of the project: it is what a camera does to a distant face.
"""

import cv2
import numpy as np

from detectors.arrays import Chips


def shrink(faces: Chips, size: int) -> Chips:
    """Faces (N,S,S,3) area-resampled to (N,size,size,3)."""
    if faces.shape[1] == size:
        return faces
    small = [cv2.resize(face, (size, size), interpolation=cv2.INTER_AREA) for face in faces]
    return np.asarray(small, np.uint8).reshape(-1, size, size, 3)


def enlarge(faces: Chips, size: int) -> Chips:
    """Faces (N,S,S,3) enlarged by cubic interpolation to (N,size,size,3)."""
    if faces.shape[1] == size:
        return faces
    large = [cv2.resize(face, (size, size), interpolation=cv2.INTER_CUBIC) for face in faces]
    return np.asarray(large, np.uint8).reshape(-1, size, size, 3)


def lower_resolution(faces: Chips, pixels: int) -> Chips:
    """The same faces as they look when `pixels` wide, at their old size."""
    return enlarge(shrink(faces, pixels), faces.shape[1])
