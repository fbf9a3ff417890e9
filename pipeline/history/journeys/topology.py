"""How long people take from one camera to another, learnt from a site's own tracks without labels.

Every pair of tracks has a chance that two strangers are so alike (`recognizer.links`). Over strangers these chances are
spread evenly; over tracks of one person they are crowded near 0. How many pairs of each kind there are is estimated for
each pair of cameras and each length of the way between them: the beta-uniform mixture (Pounds and Morris,
Bioinformatics 2003), fitted by expectation-maximisation. Two cameras that people go between in half a minute are
recognised by the many small chances among pairs that are half a minute apart.
"""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from detectors.arrays import Float64
from pipeline.history.journeys.passage import CameraKey

EDGES = (5.0, 10.0, 20.0, 40.0, 80.0, 160.0, 320.0, 640.0, 1280.0)  # seconds; beyond the last: one more bin
AT_ONCE = -1  # bin of tracks that were seen at one time
UNDECIDED = 0.1  # chances from here on are not measured: such pairs count as not alike
LEAST_CHANCE = 1e-5  # the smallest that calibrations measure
PRIOR_PAIRS = 20.0  # with this weight a way is like all ways of its length, and a length like all lengths
PRIOR_SHARE = 0.02  # of pairs that show one person, before any was seen
PRIOR_SHAPE = 0.25
ROUNDS = 40
Numbers = np.ndarray[tuple[int], np.dtype[np.int64]]
_SHAPES = np.linspace(0.02, 0.9, 89)


class Way(NamedTuple):
    """From one camera to another, in a time of this length. length: number of its bin."""

    start: CameraKey
    end: CameraKey
    length: int


def length_of(seconds: float) -> int:
    """The bin of a time between two tracks; negative: they were seen at one time."""
    return AT_ONCE if seconds < 0 else bisect_right(EDGES, seconds)


@dataclass(frozen=True, slots=True)
class Topology:
    """What a site's tracks say about ways. shape: of the chances of pairs of one person, the a of Beta(a, 1).

    shares: of the pairs on each way, how many show one person.  others: the same for ways never seen, by length.
    """

    shape: float
    shares: Mapping[Way, float]
    others: Mapping[int, float]

    def probability(self, chance: float, way: Way) -> float:
        """That two tracks so alike, with this way between them, show one person."""
        share = self.shares.get(way, self.others.get(way.length, PRIOR_SHARE))
        alike = share * float(_density(self.shape, np.array([chance]))[0])
        return alike / (alike + 1 - share)


def learn(ways: list[Way], chances: Float64) -> Topology:
    """The topology that explains the chances (N,) of pairs on these ways best."""
    numbers = {way: number for number, way in enumerate(dict.fromkeys(ways))}
    of_pair = np.array([numbers[way] for way in ways], np.int64)
    lengths = np.array([way.length + 1 for way in numbers], np.int64)  # 0: at once
    shape, shares = PRIOR_SHAPE, np.full(len(numbers), PRIOR_SHARE)
    by_length = np.full(len(EDGES) + 2, PRIOR_SHARE)
    for _ in range(ROUNDS if len(ways) else 0):
        alike = shares[of_pair] * _density(shape, chances)
        same = alike / (alike + 1 - shares[of_pair])
        shares, by_length = _shares(same, of_pair, lengths)
        shape = _shape(same, chances)
    return Topology(
        float(shape),
        {way: float(shares[number]) for way, number in numbers.items()},
        {length - 1: float(share) for length, share in enumerate(by_length)},
    )


def _density(shape: float, chances: Float64) -> Float64:
    """How much more often pairs of one person have these chances than strangers do.

    Beyond what is measured, on either side, only the share of all pairs there is known.
    """
    least, rest = LEAST_CHANCE**shape / LEAST_CHANCE, (1 - UNDECIDED**shape) / (1 - UNDECIDED)
    inside = shape * np.clip(chances, LEAST_CHANCE, UNDECIDED) ** (shape - 1)
    return np.where(chances < LEAST_CHANCE, least, np.where(chances < UNDECIDED, inside, rest))


def _shares(
    same: Float64,
    of_pair: np.ndarray[tuple[int], np.dtype[np.int64]],
    lengths: np.ndarray[tuple[int], np.dtype[np.int64]],
) -> tuple[Float64, Float64]:
    """The shares of each way and of each length, drawn towards those of more pairs."""
    whole = (same.sum() + PRIOR_SHARE * PRIOR_PAIRS) / (len(same) + PRIOR_PAIRS)
    pairs, found = np.bincount(of_pair, minlength=len(lengths)), np.bincount(of_pair, same, minlength=len(lengths))
    bins = len(EDGES) + 2
    of_bin, found_of_bin = np.bincount(lengths, pairs, minlength=bins), np.bincount(lengths, found, minlength=bins)
    by_length = (found_of_bin + PRIOR_PAIRS * whole) / (of_bin + PRIOR_PAIRS)
    return np.clip((found + PRIOR_PAIRS * by_length[lengths]) / (pairs + PRIOR_PAIRS), 1e-6, 0.95), by_length


def _shape(same: Float64, chances: Float64) -> float:
    """The shape under which the pairs of one person are likeliest, with as much prior knowledge as PRIOR_PAIRS."""
    is_least, is_rest = chances < LEAST_CHANCE, chances >= UNDECIDED
    is_inside = ~(is_least | is_rest)
    count = same[is_inside].sum() + PRIOR_PAIRS
    logs = (same * np.log(np.clip(chances, LEAST_CHANCE, 1)))[is_inside].sum() - PRIOR_PAIRS / PRIOR_SHAPE
    likelihood = count * np.log(_SHAPES) + (_SHAPES - 1) * logs
    likelihood += same[is_least].sum() * np.log(LEAST_CHANCE) * _SHAPES
    likelihood += same[is_rest].sum() * np.log(1 - UNDECIDED**_SHAPES)
    return float(_SHAPES[int(np.argmax(likelihood))])
