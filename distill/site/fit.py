"""Fits the last layer of a student: far views of a site to the vectors of near ones, ordinary views to what it said.

The change of the weights solves one linear system (ridge regression, Hoerl and Kennard 1970), so there are no steps to
stop early; how much ordinary views count takes their place. Then directions in which far views of one person differ
count less (within-class covariance normalisation, Hatch et al., Interspeech 2006, on the far side alone, so that near
vectors stay). The other layers stay: on a small computer there is no time to train them, and the faces of a site are
too few.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np

from detectors.arrays import Float32, Float64
from recognizer.preprocess import l2_normalise

REAL_SHARES = (0.3, 0.6)  # of the real far looks; the rest is for made ones
KEPT = (10.0, 30.0)  # weight of ordinary views, whose output shall stay; 1 and 3 gained no more on another day
FLOORS = (3.0, 10.0)  # how little the differences of far views count, as a multiple of their mean variance
RIDGE = 1.0  # share of the mean variance of the inputs


@dataclass(frozen=True, slots=True)
class Choice:
    """real_share: of real far looks against made ones.  kept: weight of ordinary views against both.

    floor: added to the variance of far views by which directions are divided; None: they are not.
    """

    real_share: float
    kept: float
    floor: float | None


class Sums:
    """Sums over views of the inputs of the last layer, with a one behind them, and of what its output lacks."""

    def __init__(self, inputs: int, outputs: int) -> None:
        self.count = 0
        self.squares = np.zeros((inputs + 1, inputs + 1))
        self.products = np.zeros((inputs + 1, outputs))

    def add(self, inputs: Float32, lacking: Float64 | None = None) -> None:
        """Add views: inputs (N,F), and how far their outputs (N,D) are from where they belong; None: they stay."""
        rows = with_one(inputs)
        self.count += len(rows)
        self.squares += rows.T @ rows
        if lacking is not None:
            self.products += rows.T @ lacking

    @property
    def mean(self) -> tuple[Float64, Float64]:
        """Both sums of one view; zeros where there are none."""
        count = max(self.count, 1)
        return self.squares / count, self.products / count


def with_one(inputs: Float32) -> Float64:
    """Inputs (N,F) with a one behind each row, float64 (N,F+1): the bias is one more weight."""
    return np.hstack([np.asarray(inputs, np.float64), np.ones((len(inputs), 1))])


def choices(real: Sums) -> Iterator[Choice]:
    """All that are tried; without real far looks, made ones alone count."""
    shares = REAL_SHARES if real.count else (0.0,)
    return (Choice(*values) for values in product(shares, KEPT, (None, *FLOORS)))


def solve(real: Sums, made: Sums, kept: Sums, choice: Choice) -> Float64:
    """The change (D,F+1) of weight and bias."""
    (real_squares, real_products), (made_squares, made_products) = real.mean, made.mean
    share = choice.real_share
    squares = share * real_squares + (1 - share) * made_squares + choice.kept * kept.mean[0]
    products = share * real_products + (1 - share) * made_products
    views = share * real_squares + (1 - share) * made_squares
    ridge = RIDGE * np.trace(views) / len(views) * np.eye(len(views))
    change: Float64 = np.linalg.solve(squares + ridge, products).T
    return change


def calm(weight: Float64, inputs: Float64, targets: Float32, floor: float) -> Float64:
    """A weight (D,F+1) with less of the directions in which far views differ from their near vectors.

    inputs: (N,F+1) of far views.  targets: near vectors (N,D).
    """
    errors = l2_normalise(inputs @ weight.T) - targets
    scatter = np.cov(errors.T.astype(np.float64))
    size = len(scatter)
    inverse = np.linalg.inv(scatter + floor * np.trace(scatter) / size * np.eye(size))
    return np.asarray(inverse / np.trace(inverse) * size @ weight, np.float64)
