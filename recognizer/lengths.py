"""What the length of a feature says: how well a face was read, and whether it is one at all.

A student's feature is longer for a face that it reads well (Ranjan et al., "L2-constrained Softmax Loss for
Discriminative Face Verification", 2017, report the same of networks trained otherwise). Lengths of two members of a
family do not compare, nor do those of two sizes; each is therefore set against what faces of its own size have.
"""

import math
from collections.abc import Sequence
from typing import Annotated

import msgspec
import numpy as np
from msgspec import Meta

LEAST_SHARE = 0.01  # of faces have a shorter feature than `LengthBand.least`
WEIGHT_RANGE = (0.25, 4.0)


class LengthBand(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Feature lengths of faces `px` high: one in a hundred is shorter than `least`, half are shorter than `typical`."""

    px: Annotated[float, Meta(gt=0)]
    least: Annotated[float, Meta(gt=0)]
    typical: Annotated[float, Meta(gt=0)]


def length_weight(bands: Sequence[LengthBand], length: float, px: float) -> float:
    """The part of a crop's weight that its feature's length gives: (length / typical)², within WEIGHT_RANGE.

    px: face height in pixels.  1 where no lengths were measured, and for a length that is not finite.
    """
    if not bands or not math.isfinite(length):
        return 1.0
    return float(np.clip((length / _at(bands, px, "typical")) ** 2, *WEIGHT_RANGE))


def least_length(bands: Sequence[LengthBand], px: float) -> float:
    """The length that all but LEAST_SHARE of faces of this height, in pixels, exceed; 0 where none were measured."""
    return _at(bands, px, "least") if bands else 0.0


def typical_length(bands: Sequence[LengthBand], px: float) -> float:
    """The length that half of the faces of this height, in pixels, exceed; 1 where none were measured."""
    return _at(bands, px, "typical") if bands else 1.0


def _at(bands: Sequence[LengthBand], px: float, field: str) -> float:
    """Linear in log px between the measured sizes; the nearest one outside.

    A height counts as the next whole one: from 28.2 px on the member for 29 px reads, whose lengths are others.
    """
    ordered = sorted(bands, key=lambda band: band.px)
    values = [getattr(band, field) for band in ordered]
    return float(np.interp(math.log(max(math.ceil(px), 1)), np.log([band.px for band in ordered]), values))
