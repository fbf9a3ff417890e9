"""Verification metrics: LFW's ten-fold accuracy, TAR at FAR, and the ROC curve."""

import numpy as np

from detectors.arrays import AnyFloat, Float64, Mask
from distill.metrics.lfw import Pairs


def pair_scores(first: AnyFloat, second: AnyFloat, pairs: Pairs, *, both_ways: bool = False) -> Float64:
    """Return the cosine (P,) of each pair: its first face from the unit rows `first`, its second from `second`.

    both_ways: average with the swapped assignment, for two sides of different resolution.
    """
    scores = _cosines(first[pairs.first], second[pairs.second])
    return (scores + _cosines(second[pairs.first], first[pairs.second])) / 2 if both_ways else scores


def accuracy(scores: AnyFloat, pairs: Pairs) -> float:
    """Return the mean accuracy over the folds, each with the best threshold of all others (LFW, Huang et al. 2007)."""
    folds = [_fold_accuracy(scores, pairs.same, pairs.fold == fold) for fold in np.unique(pairs.fold)]
    return float(np.mean(folds))


def best_threshold(scores: AnyFloat, same: Mask) -> float:
    """Return the threshold that classifies most pairs correctly; a pair is accepted at or above it."""
    order = np.argsort(-scores, kind="stable")
    ranked = scores[order]
    right = np.cumsum(np.where(same[order], 1, -1))  # true accepts minus false accepts
    last_of_ties = np.append(ranked[1:] != ranked[:-1], True)
    best = int(np.argmax(np.where(last_of_ties, right, -len(scores) - 1)))
    if right[best] <= 0:
        return float(ranked[0]) + 1e-9
    following = ranked[best + 1] if best + 1 < len(ranked) else ranked[best]
    return float((ranked[best] + following) / 2)


def tar_at_far(scores: AnyFloat, same: Mask, rates: tuple[float, ...]) -> dict[float, float]:
    """Return the highest true accept rate (share of same-person pairs) at each false accept rate in `rates`."""
    false = np.sort(scores[~same])[::-1]
    found: dict[float, float] = {}
    for rate in rates:
        allowed = int(np.floor(rate * len(false) + 1e-9))
        limit = false[allowed] if allowed < len(false) else -np.inf  # just above the first false accept too many
        found[rate] = float((scores[same] > limit).mean())
    return found


def _fold_accuracy(scores: AnyFloat, same: Mask, tested: Mask) -> float:
    threshold = best_threshold(scores[~tested], same[~tested])
    return float(((scores[tested] >= threshold) == same[tested]).mean())


def _cosines(first: AnyFloat, second: AnyFloat) -> Float64:
    found: Float64 = np.einsum("ij,ij->i", first, second, dtype=np.float64)
    return found


def roc(scores: AnyFloat, same: Mask) -> tuple[Float64, Float64]:
    """Return the false and the true accept rate (P,) each, for falling thresholds."""
    order = np.argsort(-scores, kind="stable")
    true, false = np.cumsum(same[order]), np.cumsum(~same[order])
    return false / max(int((~same).sum()), 1), true / max(int(same.sum()), 1)
