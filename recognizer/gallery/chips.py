"""The picture that a gallery keeps of an enrolled face, so that another model can read it without the photograph.

It is the 112-pixel ArcFace chip, cut from the photograph and stored as WebP. Chips of other sizes and templates are cut
from it; what lies outside the stored chip is then black.
"""

from collections.abc import Callable

import cv2
import numpy as np

from detectors.arrays import Image
from detectors.pictures import decode_picture
from recognizer.chips import cut_chip
from recognizer.spec import ChipSpec, aligned_landmarks

STORED_SPEC = ChipSpec(size=112)
WEBP_QUALITY = 90  # 2 to 4 kB a face; lossless pictures take four times that and bring the vectors hardly nearer

CutFn = Callable[[ChipSpec], Image]


def encode_chip(chip: Image) -> bytes:
    """WebP of a chip of STORED_SPEC, BGR uint8 (112,112,3). Raises ValueError for another shape."""
    side = STORED_SPEC.size
    if chip.shape != (side, side, 3):
        raise ValueError(f"chip: expected BGR uint8 ({side}, {side}, 3), got {chip.dtype} {chip.shape}")
    return cv2.imencode(".webp", chip, [cv2.IMWRITE_WEBP_QUALITY, WEBP_QUALITY])[1].tobytes()


def decode_chip(data: bytes) -> Image:
    """The BGR uint8 (112,112,3) chip of `encode_chip`. Raises ValueError for anything else."""
    side = STORED_SPEC.size
    chip = decode_picture(data)
    if chip is None or chip.shape != (side, side, 3):
        raise ValueError(
            f"chip: expected a picture of {side}x{side}, got {'no picture' if chip is None else chip.shape}"
        )
    return chip


def cut_from_stored(chip: Image, spec: ChipSpec) -> Image:
    """Cut the chip of a recogniser, BGR uint8 (S,S,3), from a decoded stored chip."""
    return cut_chip(chip, aligned_landmarks(STORED_SPEC.size).astype(np.float32), spec)
