"""A fitted recogniser beside the shipped one, on one set of pairs: named right by size, and how alike strangers are."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from detectors.arrays import Mask
from distill.site.measure import SIZES_PX, Measurement, Shares, compare, different_people
from distill.site.split import Limits
from distill.site.thresholds import Strangers
from distill.site.visits import Pair
from recognizer.base import Recognizer
from recognizer.lengths import LengthBand
from recognizer.normalisation import Cohort

ALL = "all sizes alike"
EDGE = 1e-6  # so that a look of just the near height counts


@dataclass(frozen=True, slots=True)
class Reader:
    """A recogniser, with the lengths of its features and the cohort that its scores are normalised by."""

    recognizer: Recognizer
    lengths: tuple[LengthBand, ...]
    cohort: Cohort | None

    def measure(self, pairs: Sequence[Pair]) -> Measurement:
        """Read pairs."""
        return Measurement(self.recognizer, self.cohort, self.lengths, pairs)


@dataclass(frozen=True, slots=True)
class Trial:
    """What both recognisers read in the same pairs. other: pairs of different people."""

    before: Measurement
    after: Measurement
    other: Mask
    limits: Limits

    @property
    def far(self) -> Strangers:
        """Scores of all far looks together."""
        return self.seen(0, self.limits.far_px)

    @property
    def near(self) -> Strangers:
        """Scores of all near looks together."""
        return self.seen(self.limits.near_px - EDGE, np.inf)

    def seen(self, least_px: float, most_px: float) -> Strangers:
        """Scores of the looks between two heights, pixels."""
        return Strangers(*(one.scores(least_px, most_px, self.other) for one in (self.before, self.after)))

    def shares(self) -> dict[str, Shares]:
        """Named right before and after, by size; first of all sizes together, each of which counts alike."""
        sizes = {f"{least:g} to {most:g} px": self.seen(least, most) for least, most in ranges(self.limits)}
        together = compare([one.before for one in sizes.values()], [one.after for one in sizes.values()])
        return {ALL: together} | {name: compare([one.before], [one.after]) for name, one in sizes.items()}


def ranges(limits: Limits) -> Iterable[tuple[float, float]]:
    """The ranges of face heights that are measured, pixels."""
    return [(least, min(most, limits.far_px)) for least, most in SIZES_PX if least < limits.far_px]


def try_out(shipped: Reader, fitted: Reader, pairs: Sequence[Pair], limits: Limits) -> Trial:
    """Read pairs with both."""
    before, after = shipped.measure(pairs), fitted.measure(pairs)
    return Trial(before, after, different_people(before.near), limits)
