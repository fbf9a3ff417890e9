"""How much one crop should count among a track's crops, 0..1, and how sharp a picture is.

The surprising decision: size enters squared and sharpness not at all. Pooling five crops of 8 to 24 pixels, the square
of the height was the best single figure, and sharpness added nothing to it (`python -m benchmarks.crop_weights`,
docs/benchmarks.md). Frontalness and the detector's score only mark down what is clearly bad.
"""

import cv2
import numpy as np

from detectors.arrays import Float32, Image

FULL_PX = 32.0  # face height from which a crop counts fully
MIN_WEIGHT = 0.01  # a crop that was cut at all counts at least this much
SHARPNESS_SIDE_PX = 48  # pixels a side at which sharpness is measured, so that chips of several sizes compare


def crop_weight(chip: Image, *, face_px: float, landmarks: Float32 | None, score: float) -> float:
    """Weight of one BGR uint8 (S,S,3) chip of a face `face_px` high: size squared times frontalness times score.

    0 for a chip without any contrast (nothing can be seen in it) and for figures that are not finite.
    """
    if not np.isfinite([face_px, score]).all() or int(chip.max()) - int(chip.min()) < 8:
        return 0.0
    size = float(np.clip(face_px / FULL_PX, 0, 1)) ** 2
    pose = 1.0 if landmarks is None else frontalness(landmarks)
    return float(np.clip(size * pose * np.clip(score, 0, 1), MIN_WEIGHT, 1))


def frontalness(landmarks: Float32) -> float:
    """How frontal (5,2) landmarks are: 1 up to the nose halfway from the middle to an eye, then falling, 0.2 at least.

    Seen along the line of the eyes, so that a tilted head is not taken for a turned one; and generous, because the
    landmarks of a 12-pixel face are a tenth of the eyes' distance off by themselves.
    """
    right, left, nose = np.asarray(landmarks[:3], np.float64)
    across = left - right
    length = float(across @ across)
    if not np.isfinite(length) or length < 1:
        return 0.2
    turn = abs(float((nose - right) @ across) / length - 0.5) * 2
    return float(np.clip(2 - 2 * turn, 0.2, 1)) if np.isfinite(turn) else 0.2


def sharpness(chip: Image) -> float:
    """Share of a chip's contrast in its finest detail, about 0.2 for a sharp portrait, BGR uint8 (S,S,3).

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
