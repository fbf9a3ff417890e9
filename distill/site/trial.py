"""A fitted recogniser beside the shipped one, on the visitors who measure: named right by size, and how alike strangers
are."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from detectors.arrays import Mask
from distill.site.measure import SIZES_PX, Measurement, Shares, compare, different_people
from distill.site.split import Limits
from distill.site.thresholds import Strangers, scale_lengths
from distill.site.visitors import Visitor
from recognizer.base import Recognizer
from recognizer.lengths import LengthBand
from recognizer.load import Scoring

ALL = "all sizes alike"
EDGE = 1e-6  # so that a look of just the near height counts


@dataclass(frozen=True, slots=True)
class Trial:
    """Both recognisers' measurements. lengths: of the fitted one's features.  other: pairs of different people."""

    before: Measurement
    after: Measurement
    lengths: tuple[LengthBand, ...]
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
        far_px = self.limits.far_px
        edges = [(least, min(most, far_px)) for least, most in SIZES_PX if least < far_px]
        sizes = {f"{least:g} to {most:g} px": self.seen(least, most) for least, most in edges}
        together = compare([one.before for one in sizes.values()], [one.after for one in sizes.values()])
        return {ALL: together} | {name: compare([one.before], [one.after]) for name, one in sizes.items()}


def try_out(
    shipped: Recognizer, fitted: Recognizer, scoring: Scoring, people: Sequence[Visitor], limits: Limits
) -> Trial:
    """Read everybody who measures with both recognisers. scoring: of the shipped one."""
    bands, cohort = scoring.calibration.lengths, scoring.cohort
    before = Measurement(shipped, cohort, bands, people, limits)
    lengths = scale_lengths(
        bands,
        before.lengths(0, limits.far_px),
        Measurement(fitted, cohort, (), people, limits).lengths(0, limits.far_px),
        far_px=limits.far_px,
    )
    after = Measurement(fitted, cohort, lengths, people, limits)
    return Trial(before, after, lengths, different_people(before.near), limits)
