"""How often strangers reach the thresholds of a calibration, before and after a fit.

Strangers are searched among each other and among the family's cohort. One half of the cohort is enrolled and the other
half normalises the scores, so nobody is compared with themselves.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from detectors.arrays import Float32, Mask
from distill.site.measure import SHOWN, Scores, index_of, score_pools
from recognizer.base import Recognizer
from recognizer.calibration import Calibration
from recognizer.evidence import Evidence
from recognizer.gallery.index import GalleryIndex
from recognizer.normalisation import Cohort

SAME_PERSON_COSINE = 0.5  # of a near look and a row of the cohort, which is the mean of two people


@dataclass(frozen=True, slots=True)
class FalseNames:
    """How many of so many comparisons with strangers reach the threshold of one rate, before and after."""

    rate: float
    comparisons: int
    before: int
    after: int

    @property
    def rise(self) -> bool:
        """Whether there are more than before."""
        return self.after > self.before


class StrangerGallery:
    """Half of the cohort of a family, enrolled, for its shipped or its fitted recogniser."""

    def __init__(self, recognizer: Recognizer, cohort: Cohort) -> None:
        self._enrolled = cohort.vectors[1::2]
        self._index: GalleryIndex = index_of(
            recognizer, self._enrolled, Cohort(cohort.vectors[::2], weights=recognizer.weights)
        )

    def scores(self, pools: Sequence[Evidence], near: Float32) -> Scores:
        """Scores of pools (V) with the enrolled. near: what was read of the same people near by, (V,D)."""
        other: Mask = near @ self._enrolled.T < SAME_PERSON_COSINE
        return score_pools(pools, self._index, other)


@dataclass(frozen=True, slots=True, eq=False)
class Searched:
    """Strangers' scores and the templates that they are of. calibration: of the recogniser that read them."""

    scores: Sequence[Scores]
    pools: Sequence[Evidence]
    calibration: Calibration

    @property
    def comparisons(self) -> int:
        """How many there are, of different people."""
        return sum(one.pairs for one in self.scores)

    def reached(self, rate: float) -> int:
        """How many comparisons reach the threshold of a rate."""
        thresholds = np.array([self._threshold(pool, rate) for pool in self.pools])
        return sum(int((one.values > thresholds[:, None])[one.other & one.seen[:, None]].sum()) for one in self.scores)

    def _threshold(self, pool: Evidence, rate: float) -> float:
        return self.calibration.threshold(pool.pooled_px, pool.looks, rate) if len(pool) else np.inf


def count_false_names(before: Searched, after: Searched) -> FalseNames:
    """At the rarest rate whose threshold enough strangers reached before; at the first where there is none."""
    rates = before.calibration.rates
    rate = min((rate for rate in rates if before.reached(rate) >= SHOWN), default=rates[0])
    return FalseNames(rate, before.comparisons, before.reached(rate), after.reached(rate))
