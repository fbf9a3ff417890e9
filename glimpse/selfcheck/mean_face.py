"""Where faces lie in their crops: the mean of a night's crops against the mean of many aligned faces.

One crop says little of half a pixel, but poses, lights and features of a hundred faces average out. Each crop is
enlarged to one size, lighting is taken off, and its shift is fitted by least squares on the gradient of the mean face
(Lucas and Kanade, IJCAI 1981), to the first order.
"""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from detectors.arrays import Float64, Image
from recognizer.load import WEIGHTS

SIDE_PX = 48
LIGHTING_PX = 3.0  # standard deviation of the blur that is taken off
MOST = 2.0  # standard deviations: a glint or a hat counts no more
FILE = WEIGHTS / "mean_face.npz"
_LEVELS = 127


def normalise_crop(crop: Image) -> Float64:
    """A crop, BGR uint8 (S,S,3), as float64 (SIDE_PX,SIDE_PX) of mean 0 without slow changes of light."""
    grey = cv2.cvtColor(crop, cv2.COLOR_BGR2GRAY).astype(np.float64)
    method = cv2.INTER_AREA if len(grey) > SIDE_PX else cv2.INTER_CUBIC
    sized = np.asarray(cv2.resize(grey, (SIDE_PX, SIDE_PX), interpolation=method), np.float64)
    fine = sized - cv2.GaussianBlur(sized, (0, 0), LIGHTING_PX)
    return np.asarray(np.clip((fine - fine.mean()) / (fine.std() + 1.0), -MOST, MOST), np.float64)


def average(crops: Sequence[Image]) -> Float64:
    """The mean of normalised crops, float64 (SIDE_PX,SIDE_PX)."""
    return np.asarray(np.mean([normalise_crop(crop) for crop in crops], axis=0), np.float64)


def measure_shifts(crops: Sequence[Image], mean: Float64) -> Float64:
    """How far each face lies to the right and below of the mean face, (N,2), in pixels of crops SIDE_PX wide.

    Only means over many are of use. All are scaled by how strongly these crops together resemble the mean face.
    """
    gradient = np.gradient(mean)
    basis = np.stack([-gradient[1].ravel(), -gradient[0].ravel(), mean.ravel(), np.ones(mean.size)])
    fitted = np.array([normalise_crop(crop).ravel() for crop in crops]) @ np.linalg.pinv(basis)
    return np.asarray(fitted[:, :2] / max(float(fitted[:, 2].mean()), 1e-3), np.float64)


def load_mean_face(path: Path = FILE) -> Float64:
    """The mean face that ships. Raises ValueError for another file."""
    try:
        with np.load(path) as content:
            face, scale = content["face"].astype(np.float64), float(content["scale"])
    except (OSError, KeyError, ValueError) as error:
        raise ValueError(f"mean face {path}: expected a file of glimpse.selfcheck.measure ({error})") from error
    if face.shape != (SIDE_PX, SIDE_PX):
        raise ValueError(f"mean face {path}: expected {SIDE_PX} x {SIDE_PX} numbers, got {face.shape}")
    return np.asarray(face / _LEVELS * scale, np.float64)


def save_mean_face(path: Path, face: Float64) -> None:
    """Write a mean face as int8. Raises OSError."""
    scale = float(np.abs(face).max())
    np.savez_compressed(path, face=np.rint(face / scale * _LEVELS).astype(np.int8), scale=np.array(scale))
