"""How far a calibration reaches: false alarms rarer than it counted, and how many people a threshold leaves.

A gallery of N faces needs a rate N times smaller of each comparison. Beyond the rarest rate that was counted, the tail
is continued by a fit, whose interval says how sure that is.
"""

import math
from bisect import bisect_right
from collections.abc import Sequence
from typing import Annotated

import msgspec
import numpy as np
from msgspec import Meta

LEAST_SHARE = 0.01  # of the tracks of enrolled people: where fewer reach the threshold, nobody is named
MOST_EXCESS = 10.0  # by which the false alarms may exceed what was asked, at the upper end of the interval
BEYOND_MEASURED = 100.0  # how much rarer than the rarest rate of a calibration without a reach may be asked


class ReachBand(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Templates of `looks` looks at faces `px` high.

    middle, least, most: the score that strangers exceed at each of the reach's `rates`, and its interval (95 %).
    genuine: the score that each of the reach's `shares` of people's own templates exceeds with their photograph.
    """

    px: Annotated[float, Meta(gt=0)]
    looks: Annotated[float, Meta(ge=1)]
    middle: tuple[float, ...]
    least: tuple[float, ...]
    most: tuple[float, ...]
    genuine: tuple[float, ...]


class CountedPoint(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many strangers of one band reached a score with anybody in a gallery of so many faces.

    learnt: the recogniser was trained with the faces of the gallery, which are the less alike for it.
    share: of the strangers, in 0..1; low, high: its interval (95 %).
    """

    px: float
    looks: float
    faces: int
    learnt: bool
    score: float
    strangers: int
    share: float
    low: float
    high: float


class Reach(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The continued tails of one recogniser, with the command, data and date they come from.

    rates: of one comparison, falling.  counted: the rarest of them that was counted; the others follow the fit.
    shares: of people's own templates, rising.
    """

    command: str
    data: str
    date: str
    rates: tuple[float, ...]
    counted: float
    shares: tuple[float, ...]
    bands: tuple[ReachBand, ...]
    points: tuple[CountedPoint, ...] = ()

    def band(self, px: float, looks: float) -> ReachBand:
        """The band of the largest face height not above `px`, and of the most looks not above `looks` in it."""
        sizes = sorted({band.px for band in self.bands})
        size = sizes[max(0, bisect_right(sizes, px) - 1)]
        bands = sorted((band for band in self.bands if band.px == size), key=lambda band: band.looks)
        return bands[max(0, bisect_right([band.looks for band in bands], looks) - 1)]

    def rate(self, band: ReachBand, score: float) -> tuple[float, float, float]:
        """The rate of one comparison at which strangers reach a score: middle, and the ends of its interval."""
        curves = (band.middle, band.least, band.most)
        middle, low, high = (_rate_at(self.rates, curve, score) for curve in curves)
        return middle, low, high

    def genuine_share(self, band: ReachBand, score: float) -> float:
        """The share of people's own templates that reach a score, in 0..1."""
        return float(np.interp(-score, [-value for value in band.genuine], self.shares, left=0.0, right=1.0))


def _rate_at(rates: Sequence[float], scores: Sequence[float], score: float) -> float:
    """Interpolated in the logarithm of the rate; beyond the ends by the slope there."""
    rising = np.maximum.accumulate(np.array(scores)) + 1e-9 * np.arange(len(scores))
    right = min(max(int(np.searchsorted(rising, score)), 1), len(rising) - 1)
    slope = (math.log(rates[right]) - math.log(rates[right - 1])) / (rising[right] - rising[right - 1])
    return float(min(math.exp(min(math.log(rates[right - 1]) + slope * (score - rising[right - 1]), 0.0)), 0.5))
