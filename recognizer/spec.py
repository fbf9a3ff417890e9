"""How a recogniser's chips are cut and scaled: the `chip_spec` in its ONNX metadata or in the configuration."""

from typing import Annotated

import msgspec
import numpy as np
from msgspec import Meta

from detectors.arrays import Float64

__all__ = ["ChipSpec", "Point", "aligned_landmarks", "arcface_landmarks"]

# The ArcFace template in a 112-pixel chip (InsightFace, MIT): the subject's right eye, left eye, nose, right and left
# corner of the mouth. The right eye is on the left of the picture.
ARCFACE_112: tuple[tuple[float, float], ...] = (
    (38.2946, 51.6963),
    (73.5318, 51.5014),
    (56.0252, 71.7366),
    (41.5493, 92.3655),
    (70.7299, 92.2041),
)

Point = tuple[float, float]

MAX_SHRINK = 1.125  # a face up to this many times the chip size still goes to a member of a family


def arcface_landmarks(size: int) -> tuple[Point, ...]:
    """The ArcFace template in a chip of `size` pixels.

    Pixel centres scale as (x + 0.5) · size / 112 - 0.5, so that a chip cut at 16 shows what a 112-pixel chip shows when
    it is averaged down to 16. Without the halves it would be off by 0.43 pixels, three in the 112-pixel chip.
    """
    return tuple(((x + 0.5) * size / 112 - 0.5, (y + 0.5) * size / 112 - 0.5) for x, y in ARCFACE_112)


def aligned_landmarks(size: int) -> Float64:
    """The same points in the coordinates of detectors, float64 (5,2): corner of the first pixel at (0, 0)."""
    return np.array(arcface_landmarks(size)) + 0.5


class ChipSpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Preprocessing of one recogniser: `(pixel - mean) / std` on 0..255 values, NCHW float32.

    mean, std: per channel, in the order `color` gives.
    landmarks: the five points in chip pixels, centre of the first pixel at (0, 0); empty: the ArcFace template.
    model_id: name of the embedding space, stored in galleries and calibrations; empty: made from the file.
    lineage: the same for recognisers of different model ids whose vectors compare.
    max_face_px: the greatest face height, pixels, that a family sends to this member; 0 means 1.125 x size.
    """

    size: Annotated[int, Meta(ge=8, le=512)]
    color: str = "RGB"
    mean: tuple[float, float, float] = (127.5, 127.5, 127.5)
    std: tuple[float, float, float] = (127.5, 127.5, 127.5)
    landmarks: tuple[Point, ...] = ()
    dim: int = 0
    model_id: str = ""
    lineage: str = ""
    max_face_px: Annotated[float, Meta(ge=0)] = 0.0

    def __post_init__(self) -> None:
        if self.color not in ("RGB", "BGR"):
            raise ValueError(f"chip_spec.color: expected RGB or BGR, got {self.color!r}")
        if self.landmarks and np.shape(self.landmarks) != (5, 2):
            raise ValueError(f"chip_spec.landmarks: expected five (x, y) points, got {self.landmarks!r}")
        if min(self.std) <= 0:
            raise ValueError(f"chip_spec.std: expected positive values, got {self.std!r}")

    @property
    def largest_face_px(self) -> float:
        """The greatest face height that a family sends to this member, pixels."""
        return self.max_face_px or MAX_SHRINK * self.size

    @property
    def template(self) -> tuple[Point, ...]:
        """The landmarks; the ArcFace template at this size where there are none."""
        return self.landmarks or arcface_landmarks(self.size)
