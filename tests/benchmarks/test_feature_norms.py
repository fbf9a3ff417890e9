"""Rank correlation, and the half of the pairs that a quality would choose."""

import numpy as np
import pytest

from benchmarks.feature_norms import better_half, rank_correlation
from benchmarks.lfw_sheets import select_pairs
from distill.metrics.lfw import Pairs

PAIRS = Pairs(
    np.array([0, 1, 2, 3]), np.array([4, 4, 4, 0]), np.array([True, False, True, False]), np.array([0, 0, 1, 1])
)


def test_rank_correlation_sees_order_and_not_size() -> None:
    values = np.array([0.1, 0.4, 0.2, 0.9])
    assert rank_correlation(values, np.exp(5 * values)) == pytest.approx(1)
    assert rank_correlation(values, -values) == pytest.approx(-1)


def test_the_better_half_is_decided_by_the_worse_face_of_each_pair() -> None:
    quality = np.array([1.0, 0.2, 0.9, 0.1, 2.0])  # worse faces: 1.0, 0.2, 0.9, 0.1
    half = better_half(quality, PAIRS)
    assert half.tolist() == [True, False, True, False]
    chosen = select_pairs(PAIRS, half)
    assert chosen.first.tolist() == [0, 2]
    assert chosen.fold.tolist() == [0, 1]
