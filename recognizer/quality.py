"""How much a crop is worth, 0..1.

Filled in from measurements; see docs/recognition.md.
"""

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float32]
Chip = NDArray[np.uint8]


def crop_weight(chip: Chip, *, face_px: float, landmarks: Float | None, score: float) -> float:
    """Weight of one BGR uint8 (S,S,3) chip cut from a face `face_px` high."""
    raise NotImplementedError
