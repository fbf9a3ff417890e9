"""Continue the tail of strangers' scores beyond what was counted, with an interval that covers two kinds of tail.

One fit takes the tail as that of a normal distribution: a straight line in the normal quantile of the rate, as
calibrations continue theirs. The other takes it as exponential, which is heavier (peaks over a threshold: Pickands,
Annals of Statistics 1975, with shape 0). Nobody can tell them apart from counts, so the interval (95 %) spans both,
each with people drawn again (Efron and Tibshirani, An Introduction to the Bootstrap, 1993).

The fits only give how steeply the tail goes on. Each is moved to where the counts end, up or down, so that the curve
has no step there: a threshold must not jump because a gallery grew by one face.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from detectors.arrays import Float32, Float64, Index, Mask

FIT_RATE = 1e-3  # the fits see the scores above its quantile
LEAST_COUNTED = 10  # scores above a quantile that count as counted
RESAMPLES = 60
KEPT_RATE = 4 * FIT_RATE  # scores kept of each band; a resample may look for its quantiles a little lower


@dataclass(frozen=True, slots=True)
class TailScores:
    """The highest scores of strangers. probes, faces: whose they are, (K,).

    compared: 1 for each comparison of two people, 0 for others, (T,F).
    """

    scores: Float64
    probes: Index
    faces: Index
    compared: Float32

    @classmethod
    def of(cls, scores: Float32, compared: Mask) -> "TailScores":
        """scores, compared: (T,F); False where both show one person."""
        limit = np.quantile(scores[compared], 1 - KEPT_RATE)
        probes, faces = np.nonzero((scores >= limit) & compared)
        return cls(scores[probes, faces].astype(np.float64), probes, faces, compared.astype(np.float32))

    @property
    def rarest(self) -> float:
        """The rate that LEAST_COUNTED scores have."""
        return LEAST_COUNTED / float(self.compared.sum(dtype=np.float64))


@dataclass(frozen=True, slots=True)
class Curve:
    """The score exceeded at each rate, and the ends of its interval."""

    middle: tuple[float, ...]
    least: tuple[float, ...]
    most: tuple[float, ...]


def continue_tail(tail: TailScores, rates: Sequence[float]) -> Curve:
    """The scores exceeded at falling rates: counted down to `TailScores.rarest`, then fitted."""
    random = np.random.default_rng(0)
    probes, faces = tail.compared.shape
    ones = np.ones(probes), np.ones(faces)
    drawn = [
        (random.multinomial(probes, [1 / probes] * probes), random.multinomial(faces, [1 / faces] * faces))
        for _ in range(RESAMPLES)
    ]
    found = np.array([_fit_both(tail, np.asarray(one), np.asarray(two), rates) for one, two in drawn])
    middle = np.mean(_fit_both(tail, *ones, rates), axis=0)
    least = np.quantile(found, 0.025, axis=0).min(axis=0)
    most = np.quantile(found, 0.975, axis=0).max(axis=0)
    return Curve(*(tuple(round(float(value), 4) for value in curve) for curve in (middle, least, most)))


def _fit_both(tail: TailScores, probes: Float64, faces: Float64, rates: Sequence[float]) -> Float64:
    """Scores at rates (2,R) by both fits, with so much weight on each probe and face."""
    weights = probes[tail.probes] * faces[tail.faces]
    order = np.argsort(-tail.scores)
    scores = tail.scores[order]
    shares = np.cumsum(weights[order]) / float(probes.astype(np.float32) @ tail.compared @ faces.astype(np.float32))
    at = np.array([tail.rarest, *rates])
    counted = np.interp(np.log(at), np.log(shares[shares > 0]), scores[shares > 0])
    above = shares <= FIT_RATE
    start = float(scores[above][-1])
    scale = float(np.average(scores[above] - start, weights=weights[order][above]))
    exponential = start + scale * np.log(FIT_RATE / at)
    normal = _normal_line(scores[above], shares[above], at)
    # The end of the counted tail may lie above any fit of its begin (look-alikes, people under two names), or below the
    # exponential one.
    joined = [fit + (counted[0] - fit[0]) for fit in (exponential, normal)]
    return np.array([np.where(at < tail.rarest, fit, counted)[1:] for fit in joined])


def _normal_line(scores: Float64, shares: Float64, rates: Float64) -> Float64:
    """Scores at rates by a line through the quantiles of steps of a factor of two in the rate."""
    steps = FIT_RATE * 0.5 ** np.arange(int(np.log2(FIT_RATE / max(shares[shares > 0][0], 1e-12))) + 1)
    at = np.interp(np.log(steps), np.log(shares[shares > 0]), scores[shares > 0])
    slope, start = np.polyfit([_quantile(rate) for rate in steps], at, 1, w=np.sqrt(steps))
    return np.array([start + slope * _quantile(rate) for rate in rates])


def _quantile(rate: float) -> float:
    return -NormalDist().inv_cdf(rate)
