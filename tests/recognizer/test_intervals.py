"""Intervals of counted rates."""

import numpy as np
import pytest

from recognizer.intervals import bootstrap_interval, rule_of_three, share_interval


def test_nothing_seen_is_no_proof_of_nothing() -> None:
    assert rule_of_three(300) == pytest.approx(0.01)
    assert rule_of_three(2) == rule_of_three(0) == 1
    assert share_interval(0.0, 300) == (0.0, pytest.approx(0.01))
    assert share_interval(0.5, 0) == (0.0, 1.0)


@pytest.mark.parametrize(("hits", "trials", "low", "high"), [(1, 10, 0.018, 0.404), (81, 263, 0.255, 0.366)])
def test_the_interval_of_a_share_is_that_of_wilson(hits: int, trials: int, low: float, high: float) -> None:
    """Reference values: Wilson score intervals as published for 1 of 10 and, by Newcombe (1998), for 81 of 263."""
    assert share_interval(hits / trials, trials) == (pytest.approx(low, abs=1e-3), pytest.approx(high, abs=1e-3))


def test_all_hit_reaches_one() -> None:
    low, high = share_interval(1.0, 20)
    assert high == pytest.approx(1.0)
    assert 0.8 < low < 0.9


def test_the_bootstrap_holds_the_rate_and_narrows_with_strangers() -> None:
    random = np.random.default_rng(0)
    few, many = (random.random((20, count)) < 0.01 for count in (200, 5000))
    for named in (few, many):
        low, high = bootstrap_interval(named)
        assert low <= named.mean() <= high
    assert np.subtract(*bootstrap_interval(many)[::-1]) < np.subtract(*bootstrap_interval(few)[::-1])
    assert bootstrap_interval(np.zeros((3, 300), bool)) == (0, pytest.approx(0.01))
