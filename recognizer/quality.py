"""The weight of a crop among a track's crops, 0..1, and the sharpness of a picture.

The weight grows with the square of the face height and ignores sharpness: when five crops of 8 to 24 pixels are pooled,
sharpness adds nothing (`python -m benchmarks.crop_weights`, docs/benchmarks.md). Frontalness and the detector's score
lower the weight of clearly bad crops.
"""

import cv2
import numpy as np

from detectors.arrays import Float32, Image

FULL_PX = 64.0  # face height from which a crop has full weight
MIN_WEIGHT = 0.01  # of any crop with contrast
SHARPNESS_SIDE_PX = 48  # sharpness is measured at this size, so that chips of different sizes compare


def crop_weight(chip: Image, *, face_px: float, landmarks: Float32 | None, score: float) -> float:
    """Weight of a chip, BGR uint8 (S,S,3), of a face `face_px` high: size squared times frontalness times score.

    0 for a chip without contrast and for figures that are not finite.
    """
    if not np.isfinite([face_px, score]).all() or int(chip.max()) - int(chip.min()) < 8:
        return 0.0
    size = size_weight(face_px)
    pose = 1.0 if landmarks is None else frontalness(landmarks)
    return float(np.clip(size * pose * np.clip(score, 0, 1), MIN_WEIGHT, 1))


def size_weight(face_px: float) -> float:
    """The part of the weight that a face's height in pixels gives, 0..1: its square, up to FULL_PX."""
    return float(np.clip(face_px / FULL_PX, 0, 1)) ** 2


def frontalness(landmarks: Float32) -> float:
    """How frontal landmarks (5,2) are: 1 until the nose is halfway from the middle to an eye, then falling to 0.2.

    Measured along the line of the eyes, so that a tilted head does not count as a turned one. The tolerance is wide,
    because the landmarks of a 12-pixel face are off by a tenth of the eye distance.
    """
    right, left, nose = np.asarray(landmarks[:3], np.float64)
    across = left - right
    length = float(across @ across)
    if not np.isfinite(length) or length < 1:
        return 0.2
    turn = abs(float((nose - right) @ across) / length - 0.5) * 2
    return float(np.clip(2 - 2 * turn, 0.2, 1)) if np.isfinite(turn) else 0.2


def sharpness(chip: Image) -> float:
    """Share of the contrast in the finest detail of a chip, BGR uint8 (S,S,3); about 0.2 for a sharp portrait.

    std(grey - blurred grey) / std(grey) with a Gaussian of one pixel, at 48 pixels a side. On 112-pixel LFW chips:
    median 0.20, 1 % below 0.12; reduced to 16 pixels and back 0.08, to 12 pixels 0.06
    (`python -m benchmarks.track_similarity`).
    """
    grey: Float32 = np.asarray(cv2.cvtColor(chip, cv2.COLOR_BGR2GRAY), np.float32)
    if len(grey) > SHARPNESS_SIDE_PX:
        grey = np.asarray(
            cv2.resize(grey, (SHARPNESS_SIDE_PX, SHARPNESS_SIDE_PX), interpolation=cv2.INTER_AREA), np.float32
        )
    fine = grey - cv2.GaussianBlur(grey, (0, 0), 1.0)
    return float(fine.std() / max(float(grey.std()), 1.0))
