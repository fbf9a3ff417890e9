"""Named right before and after, at one rate of false matches."""

from pathlib import Path

import numpy as np
import pytest

from detectors.arrays import Float32, Mask
from detectors.runtime import Runtime
from distill.site.measure import Measurement, Ranked, Scores, Shares, compare, different_people, shown_rate
from distill.site.visits import Pair
from recognizer.load import load_recognizer
from tests.synthetic.made_site import make_visitors, write_family

PEOPLE = 120


def scores(own: float, *, other: Mask | None = None, seen: Mask | None = None, seed: int = 0) -> Scores:
    """Strangers' scores around 0, people's own around `own`."""
    rng = np.random.default_rng(seed)
    values = rng.normal(0, 0.1, (PEOPLE, PEOPLE)).astype(np.float32)
    values[np.diag_indices(PEOPLE)] += own
    apart = ~np.eye(PEOPLE, dtype=bool) if other is None else other
    return Scores(values, apart, np.ones(PEOPLE, bool) if seen is None else seen)


def compare_one(before: Scores, after: Scores) -> Shares:
    return compare([before], [after])


def test_who_reads_better_wins() -> None:
    shares = compare_one(scores(0.2), scores(0.4))
    assert shares.people == PEOPLE
    assert shares.after > shares.before + 0.2
    assert 0 < shares.low < shares.after - shares.before < shares.high
    assert shares.wins


def test_who_reads_worse_or_the_same_does_not() -> None:
    assert not compare_one(scores(0.4), scores(0.2)).wins
    same = compare_one(scores(0.3), scores(0.3))
    assert (same.before, same.low, same.high) == (same.after, 0.0, 0.0)
    assert not same.wins


def test_a_recogniser_that_makes_all_scores_larger_gains_nothing() -> None:
    before = scores(0.3)
    after = Scores(before.values * 2 + 0.3, before.other, before.seen)
    shares = compare_one(before, after)
    assert (shares.before, shares.low, shares.high) == (shares.after, 0.0, 0.0)


def test_named_right_means_above_the_threshold_and_before_all_others() -> None:
    values: Float32 = np.zeros((PEOPLE, PEOPLE), np.float32)
    values[np.diag_indices(PEOPLE)] = 1.0
    values[0, 1] = 2.0  # somebody else is nearer
    values[1, 1] = -1.0
    apart = ~np.eye(PEOPLE, dtype=bool)
    shares = compare_one(Scores(values, apart, np.ones(PEOPLE, bool)), Scores(values, apart, np.ones(PEOPLE, bool)))
    assert shares.before == pytest.approx((PEOPLE - 2) / PEOPLE)


def test_somebody_without_a_far_look_counts_for_nothing() -> None:
    seen = np.arange(PEOPLE) < 100
    shares = compare_one(scores(0.3, seen=seen), scores(0.5, seen=seen))
    assert shares.people == 100
    nobody = np.zeros(PEOPLE, bool)
    empty = compare_one(scores(0.3, seen=nobody), scores(0.5, seen=nobody))
    assert (empty.people, empty.before, empty.after, empty.wins) == (0, 0.0, 0.0, False)


def test_the_rate_is_the_smallest_that_the_pairs_show() -> None:
    assert [shown_rate(pairs) for pairs in (20_000, 19_999, 2_000, 10)] == [1e-3, 3e-3, 0.01, 0.1]


def test_two_visitors_who_look_like_one_person_are_no_strangers() -> None:
    near = np.eye(4, dtype=np.float32)
    near[1] = [0.8, 0.6, 0, 0]
    apart = different_people(near)
    assert not apart[0, 1]
    assert apart[0, 2]
    assert not apart.diagonal().any()


def test_every_size_counts_alike_with_everybody_seen_in_it() -> None:
    few = np.arange(PEOPLE) < 40
    sizes = ([scores(1.0), scores(0.0, seen=few)], [scores(1.0), scores(1.0, seen=few)])
    shares = compare(*sizes)
    assert shares.people == PEOPLE
    assert shares.before == pytest.approx(PEOPLE / (PEOPLE + 40), abs=0.02)
    assert shares.after == pytest.approx(1.0)
    assert shares.rate == 0.01  # the 4,760 pairs of the smaller size show no rarer one
    assert shares.wins


def test_a_threshold_that_lies_deep_among_the_pairs_is_found_too() -> None:
    values = scores(0.3).values
    ranked = Ranked(Scores(values, ~np.eye(PEOPLE, dtype=bool), np.ones(PEOPLE, bool)))
    weights = np.random.default_rng(1).multinomial(PEOPLE, np.full(PEOPLE, 1 / PEOPLE)).astype(np.float64)
    pairs = [(values[i, j], weights[i] * weights[j]) for i in range(PEOPLE) for j in range(PEOPLE) if i != j]
    for rate in (1e-3, 0.1, 0.9):
        left = rate * sum(weight for _, weight in pairs)
        threshold = -np.inf
        for value, weight in sorted(pairs, reverse=True):  # the plain way
            threshold = value
            left -= weight
            if left < 0:
                break
        others = np.where(np.eye(PEOPLE, dtype=bool), -np.inf, values).max(axis=1)
        expected = weights[np.diag(values) > np.maximum(threshold, others)].sum()
        assert ranked.count(weights, rate) == (expected, PEOPLE)


def test_looks_are_pooled_and_searched_by_their_height(tmp_path: Path) -> None:
    recognizer = load_recognizer(write_family(tmp_path / "own"), runtime=Runtime())
    people = make_visitors(6, noise=5.0)
    pairs = [Pair(one.looks[-1], one.looks) for one in people[:5]] + [Pair(people[5].looks[-1], people[5].looks[-2:])]
    measured = Measurement(recognizer, None, (), pairs)
    assert [len(pool) for pool in measured.pools(13.0, 15.0)] == [2] * 5 + [0]
    assert [pool.largest_px for pool in measured.pools(0.0, 28.0)][:5] == [16.0] * 5
    found = measured.scores(0.0, 28.0, different_people(measured.near))
    assert found.seen.tolist() == [True] * 5 + [False]
    assert found.values[:5].argmax(axis=1).tolist() == list(range(5))
    assert measured.lengths(13.0, 15.0).shape == (10,)
    empty = Measurement(recognizer, None, (), [])
    assert (empty.pools(0.0, 28.0), empty.lengths(0.0, 28.0).shape) == ([], (0,))
