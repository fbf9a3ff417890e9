"""Who is named right from far, before and after, on visitors whom nothing was learnt from.

Everybody who measures is enrolled with their largest look, and far looks are searched among all of them. The threshold
is what other visitors reach at one rate, the same for both recognisers; so a recogniser that makes all scores larger
gains nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from detectors.arrays import Float32, Float64, Mask
from distill.site.pictures import enrol, read_looks
from distill.site.visits import Pair
from recognizer.base import Recognizer
from recognizer.evidence import Evidence
from recognizer.gallery.index import GalleryIndex
from recognizer.lengths import LengthBand, length_weight
from recognizer.normalisation import Cohort
from recognizer.quality import size_weight

SHOWN = 20  # scores of others above the threshold: with fewer, it says little
RATES = (1e-3, 3e-3, 0.01, 0.03, 0.1)
SAME_PERSON_COSINE = 0.6  # of two near looks: perhaps one person who came twice, and so neither right nor wrong
RESAMPLES = 1000
FIRST_LOOK = 8  # times as many pairs as the rate names are looked at first; a sample hardly ever needs more
SIZES_PX = ((8.0, 16.0), (16.0, 20.0), (20.0, 24.0), (24.0, 28.0))


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """Scores (V,G) of far templates, by row, with enrolled people, by column.

    Where people are searched among themselves, G is V and the own one is on the diagonal.
    other: (V,G), which pairs are surely of different people.  seen: (V,), who has a template.
    """

    values: Float32
    other: Mask
    seen: Mask

    @property
    def pairs(self) -> int:
        """How many pairs of different people were compared."""
        return int(self.other[self.seen].sum())


@dataclass(frozen=True, slots=True)
class Shares:
    """Named right before and after, of `people`, in 0..1, and the interval (95 %) of what was gained."""

    people: int
    rate: float
    before: float
    after: float
    low: float
    high: float

    @property
    def wins(self) -> bool:
        """Whether more are named right, surely."""
        return self.low > 0

    @property
    def loses(self) -> bool:
        """Whether fewer are named right, surely."""
        return self.high < 0


class Measurement:
    """The pairs that measure, as one recogniser reads them. `near`: vectors (V,D) of the enrolled looks."""

    def __init__(
        self, recognizer: Recognizer, cohort: Cohort | None, lengths: Sequence[LengthBand], pairs: Sequence[Pair]
    ) -> None:
        self._pairs, self._lengths = pairs, lengths
        self._readings = read_looks(recognizer, [look for one in pairs for look in one.looks])
        self._ends = np.cumsum([0, *(len(one.looks) for one in pairs)])
        self.near: Float32 = enrol(recognizer, [one.enrolled for one in pairs])
        self._index = index_of(recognizer, self.near, cohort)

    def scores(self, least_px: float, most_px: float, other: Mask) -> Scores:
        """The scores of templates that pool the looks between two heights, pixels."""
        pools = self.pools(least_px, most_px)
        return score_pools(pools, self._index, other)

    def pools(self, least_px: float, most_px: float) -> list[Evidence]:
        """What is known of everybody by their looks between two heights, pixels; empty for who has none."""
        return [self._pool(row, least_px, most_px) for row in range(len(self._pairs))]

    def lengths(self, least_px: float, most_px: float) -> Float32:
        """The feature lengths of all looks between two heights, (L,)."""
        heights = np.array([look.px for one in self._pairs for look in one.looks])
        lengths: Float32 = self._readings.lengths[(heights > least_px) & (heights <= most_px)]
        return lengths

    def _pool(self, row: int, least_px: float, most_px: float) -> Evidence:
        evidence = Evidence()
        for place, look in enumerate(self._pairs[row].looks, self._ends[row]):
            if least_px < look.px <= most_px:
                length = float(self._readings.lengths[place])
                weight = size_weight(look.px) * length_weight(self._lengths, length, look.px)
                evidence.add(self._readings.vectors[place], weight=weight, face_px=look.px, time=look.time)
        return evidence


def index_of(recognizer: Recognizer, vectors: Float32, cohort: Cohort | None) -> GalleryIndex:
    """A gallery of people who are known by their place among unit vectors (V,D)."""
    return GalleryIndex(recognizer.model_id, vectors, [f"{row:06d}" for row in range(len(vectors))], cohort=cohort)


def score_pools(pools: Sequence[Evidence], index: GalleryIndex, other: Mask) -> Scores:
    """The scores of every pool with everybody in a gallery. other: (V,V) or (V,G), which are of different people."""
    seen = np.array([len(pool) > 0 for pool in pools], bool)
    values = np.full((len(pools), len(index)), -1.0, np.float32)
    if seen.any():
        values[seen] = index.search(np.stack([pool.template() for pool in pools if len(pool)])).scores
    return Scores(values, other, seen)


def different_people(near: Float32) -> Mask:
    """Which pairs (V,V) are surely of different people, by what was read near by, unit rows (V,D)."""
    other: Mask = near @ near.T < SAME_PERSON_COSINE
    np.fill_diagonal(other, val=False)
    return other


def shown_rate(pairs: int) -> float:
    """The smallest of RATES of which so many pairs show SHOWN or more."""
    return next((rate for rate in RATES if rate * pairs >= SHOWN), RATES[-1])


def compare(before: Sequence[Scores], after: Sequence[Scores]) -> Shares:
    """Named right before and after at one rate of false matches, with a paired bootstrap over the visitors.

    before, after: scores of the same visitors in several ranges of heights, each of which counts with everybody seen in
    it. Source: Efron and Tibshirani, An Introduction to the Bootstrap, 1993. The thresholds are found again in each
    sample.
    """
    seen = np.any([scores.seen for scores in before], axis=0)
    rate = shown_rate(min((scores.pairs for scores in before if scores.pairs), default=0))
    both = [[Ranked(scores) for scores in side] for side in (before, after)]

    def shares(weights: Float64) -> tuple[float, float]:
        first, second = (_named_right(side, weights, rate) for side in both)
        return first, second

    random, count = np.random.default_rng(0), len(seen)
    gains = []
    for _ in range(RESAMPLES):
        first, second = shares(random.multinomial(count, np.full(count, 1 / count)).astype(np.float64))
        gains.append(second - first)
    low, high = np.percentile(gains, [2.5, 97.5])
    return Shares(int(seen.sum()), rate, *shares(np.ones(count)), float(low), float(high))


def _named_right(sizes: Sequence["Ranked"], weights: Float64, rate: float) -> float:
    """The share of all (visitor, size) that are named right; each visitor counts by their weight."""
    counts = [one.count(weights, rate) for one in sizes]
    named, total = (float(sum(part)) for part in zip(*counts, strict=True))
    return named / total if total else 0.0


class Ranked:
    """Scores in an order in which every sample of visitors finds its threshold at once."""

    def __init__(self, scores: Scores) -> None:
        self._seen, self._other = scores.seen, (scores.other & scores.seen[:, None]).astype(np.float64)
        rows, columns = np.nonzero(scores.other & scores.seen[:, None])
        order = np.argsort(-scores.values[rows, columns], kind="stable")
        self._rows, self._columns = rows[order], columns[order]
        self._ranked = scores.values[self._rows, self._columns]
        self._own = np.diag(scores.values)
        best_other = np.where(scores.other, scores.values, -np.inf).max(axis=1, initial=-np.inf)
        self._first = self._own > best_other

    def count(self, weights: Float64, rate: float) -> tuple[float, float]:
        """The weight of the visitors, by their weights (V,), who are named and are first; and that of all seen."""
        allowed = rate * float(weights @ self._other @ weights)
        place = self._place(weights, allowed, FIRST_LOOK * rate)
        threshold = self._ranked[place] if place < len(self._ranked) else -np.inf
        named = self._seen & self._first & (self._own > threshold)
        return float(weights[named].sum()), float(weights[self._seen].sum())

    def _place(self, weights: Float64, allowed: float, share: float) -> int:
        """Of the first pair that is one too many. share: of the pairs, that probably hold it; otherwise all are."""
        for count in (int(share * len(self._rows)), len(self._rows)):
            counts = np.cumsum(weights[self._rows[:count]] * weights[self._columns[:count]])
            if count and counts[-1] > allowed:
                break
        return int(np.searchsorted(counts, allowed, side="right"))
