"""Whether strangers reach the gallery's thresholds as often as the calibration says."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from detectors.arrays import Float64
from glimpse.selfcheck.seen_track import SeenTrack
from recognizer.calibration import Calibration
from recognizer.gallery.index import GalleryIndex

RATES = (0.1, 0.01)
"""Of one comparison: rarer ones are too rare to be counted in a night."""
MIN_COMPARISONS = 500
MIN_EXPECTED = 20.0  # strangers above a threshold: of fewer, a night says nothing
DRAWS = 200


@dataclass(frozen=True, slots=True)
class TailCount:
    """How often tracks reached what strangers reach at `rate` in one comparison.

    seen, expected: comparisons.  ratio: logarithm of seen / expected.  error: its standard deviation, with tracks
    drawn again, as all comparisons of a track go together.
    """

    rate: float
    seen: int
    expected: float
    ratio: float
    error: float


def count_tails(tracks: Sequence[SeenTrack], index: GalleryIndex, calibration: Calibration) -> list[TailCount]:
    """A count for each of RATES of which enough are expected.

    Of a track that is named, the named person does not count. Of any other, the nearest person does not: it may be
    them. What a stranger's nearest person would have added is taken off what is expected.
    """
    used = [track for track in tracks if track.template is not None]
    if not len(index) or not used or len(used) * (len(index.people) - 1) < MIN_COMPARISONS:
        return []
    scores = index.search(np.stack([track.template for track in used if track.template is not None])).scores
    faces = np.unique(index.labels, return_counts=True)[1].astype(np.float64)
    counts = (_count(used, scores.astype(np.float64), index, faces, calibration, rate) for rate in RATES)
    return [count for count in counts if count.expected >= MIN_EXPECTED]


def _count(
    tracks: Sequence[SeenTrack],
    scores: Float64,
    index: GalleryIndex,
    faces: Float64,
    calibration: Calibration,
    rate: float,
) -> TailCount:
    """faces: of each person, (P,)."""
    of_people = -np.expm1(faces * np.log1p(-rate))  # of each person, whose best face counts
    seen, expected = np.zeros(len(tracks)), np.full(len(tracks), of_people.sum())
    for row, track in enumerate(tracks):
        above = scores[row] >= calibration.threshold(track.px, track.looks, rate)
        named = index.people.index(track.name) if track.name in index.people else None
        left_out = int(np.argmax(scores[row])) if named is None else named
        seen[row] = above.sum() - above[left_out]
        expected[row] -= -np.expm1(faces.sum() * np.log1p(-rate)) if named is None else of_people[named]
    ratio = _ratio(seen.sum(), expected.sum())
    return TailCount(rate, int(seen.sum()), float(expected.sum()), ratio, _error(seen, expected))


def _ratio(seen: float, expected: float) -> float:
    return float(np.log((seen + 0.5) / (expected + 0.5)))


def _error(seen: Float64, expected: Float64) -> float:
    random = np.random.default_rng(0)
    draws = random.integers(0, len(seen), (DRAWS, len(seen)))
    drawn = float(np.std(np.log((seen[draws].sum(1) + 0.5) / (expected[draws].sum(1) + 0.5))))
    return max(drawn, 1 / math.sqrt(seen.sum() + 1))  # that of independent comparisons, where hardly any is seen
