"""Shares of pairs of one person are found without labels, by way and by length; with few pairs, priors speak."""

import numpy as np
import pytest

from pipeline.history.journeys.topology import (
    AT_ONCE,
    EDGES,
    PRIOR_SHAPE,
    PRIOR_SHARE,
    UNDECIDED,
    Way,
    learn,
    length_of,
)
from tests.synthetic.passages import at_camera

GATE, HALL = at_camera("gate"), at_camera("hall")
SOON, LATER = Way(GATE, HALL, length_of(25)), Way(GATE, HALL, length_of(900))


def chances(same: int, strangers: int, *, shape: float = 0.2, seed: int = 1) -> list[float]:
    """Of so many pairs of one person, Beta(shape, 1), and of strangers, uniform; those not small count as 1."""
    random = np.random.default_rng(seed)
    drawn = [*random.uniform(size=same) ** (1 / shape), *random.uniform(size=strangers)]
    return [chance if chance < UNDECIDED else 1.0 for chance in drawn]


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(-0.1, AT_ONCE), (0, 0), (4.9, 0), (5, 1), (25, 3), (1279, len(EDGES) - 1), (1280, len(EDGES)), (1e9, len(EDGES))],
)
def test_times_fall_into_bins(seconds: float, expected: int) -> None:
    assert length_of(seconds) == expected


def test_the_way_that_people_take_is_found_without_labels() -> None:
    of_soon, of_later = chances(150, 150), chances(5, 995, seed=2)
    learnt = learn([SOON] * 300 + [LATER] * 1000, np.array(of_soon + of_later))
    assert learnt.shares[SOON] == pytest.approx(0.5, abs=0.08)
    assert learnt.shares[LATER] < 0.03
    assert learnt.shape == pytest.approx(0.2, abs=0.06)
    assert learnt.probability(0.001, SOON) > 0.95 > 0.5 > learnt.probability(0.001, LATER)
    assert learnt.probability(1.0, SOON) < 0.5


def test_stated_probabilities_are_those_that_come_true() -> None:
    same, strangers = 400, 3600
    drawn = chances(same, strangers)
    learnt = learn([SOON] * len(drawn), np.array(drawn))
    stated = np.array([learnt.probability(chance, SOON) for chance in drawn])
    is_same = np.arange(len(drawn)) < same
    for low, high in ((0.3, 0.7), (0.7, 0.9), (0.9, 1.0)):
        inside = (stated >= low) & (stated < high)
        assert is_same[inside].mean() == pytest.approx(stated[inside].mean(), abs=0.12)


def test_a_way_of_few_pairs_is_as_all_of_its_length() -> None:
    yard = Way(HALL, at_camera("yard"), SOON.length)
    learnt = learn([SOON] * 300 + [yard], np.array([*chances(150, 150), 1.0]))
    assert learnt.shares[yard] == pytest.approx(learnt.others[SOON.length], rel=0.1)
    never = Way(at_camera("yard"), GATE, SOON.length)
    assert learnt.probability(0.001, never) == pytest.approx(learnt.probability(0.001, yard), abs=0.02)


def test_without_pairs_priors_speak() -> None:
    learnt = learn([], np.array([]))
    assert (learnt.shape, learnt.shares) == (PRIOR_SHAPE, {})
    assert learnt.others[0] == PRIOR_SHARE
    assert learnt.probability(1.0, SOON) < PRIOR_SHARE < learnt.probability(0.001, SOON) < 0.9


def test_a_chance_of_zero_is_no_certainty() -> None:
    learnt = learn([SOON], np.array([0.0]))
    assert 0 < learnt.probability(0.0, SOON) < 1
    assert learnt.probability(0.0, SOON) == learnt.probability(1e-9, SOON)
