"""The worst group, and the factor that holds for it."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.fairness.matches import Counter, Matches, draw_people
from benchmarks.fairness.people import Group, Person
from benchmarks.fairness.worst import FACTORS, Judge, Ratio, calibration_mix
from recognizer.calibration import uncalibrated

PEOPLE = 600
CALIBRATION = uncalibrated("m")
ASKED = 1e-4


def make_judge(alike: float, *, seed: int = 0) -> tuple[Judge, Group, Group]:
    """Scores of a normal distribution; those inside the second half are higher by `alike`."""
    random = np.random.default_rng(seed)
    half = np.arange(PEOPLE) >= PEOPLE // 2
    scores = random.standard_normal((PEOPLE, PEOPLE))
    limits = [CALIBRATION.threshold(16, 1, rate) for rate in (1e-2, 1e-4)]
    # the quantiles of 1 % and of 1 in 10,000 are those of the calibration
    step = (limits[1] - limits[0]) / (3.719 - 2.326)
    scores = limits[0] + step * (scores - 2.326 + alike * np.outer(half, half))
    np.fill_diagonal(scores, -1)
    rows, columns = np.nonzero(scores > limits[0])
    found = Matches(rows, columns, scores[rows, columns].astype(np.float32))
    counter = Counter(CALIBRATION, {16: found}, draw_people(np.zeros(PEOPLE, np.intp)))
    judge = Judge(counter, (~half).astype(np.float32), np.ones(PEOPLE, bool), ~half)
    return judge, Group("origin", "first", ~half), Group("origin", "second", half)


def test_a_group_that_is_more_alike_is_the_worst() -> None:
    judge, first, second = make_judge(0.5)
    assert judge.worst([first, second], 1e-3) is second
    assert judge.ratio(second, 1e-3).value > 3


def test_equal_groups_have_a_factor_near_one() -> None:
    judge, _, second = make_judge(0.0)
    factor = judge.factor(second, 1e-3)
    assert 1.0 <= factor.value < 1.4
    assert factor.least == 1.0


def test_at_the_factor_the_group_has_the_rate_of_the_mix_at_what_was_asked_for() -> None:
    judge, _, second = make_judge(0.4)
    factor = judge.factor(second, 1e-3)
    group = judge.counter.rate(second.members, second.members, 1e-3 / factor.value)
    assert group.value == pytest.approx(judge.mix(1e-3).value, rel=0.15)
    assert group.value <= judge.mix(1e-3).value
    assert 1 < factor.least < factor.value < factor.most


def test_a_group_that_no_factor_is_enough_for_gets_the_last() -> None:
    judge, _, second = make_judge(9.0)
    found = judge.counter.found[16]
    few = found.of((found.probes + found.faces) % 40 == 0)
    judge = replace(judge, counter=replace(judge.counter, found={16: few}))
    assert judge.factor(second, 1e-3) == Ratio(FACTORS[-1], FACTORS[-1], FACTORS[-1])


def test_small_groups_and_crossed_ones_are_not_called_the_worst() -> None:
    judge, first, second = make_judge(0.5)
    few = Group("origin", "few", second.members & (np.arange(PEOPLE) >= PEOPLE - 9))
    crossed = Group("origin and sex", "crossed", second.members)
    assert not judge.is_large(few, ASKED)
    assert judge.worst([first, few, crossed], 1e-3) is first


def test_a_group_without_a_match_has_an_upper_end_alone() -> None:
    judge, first, _ = make_judge(0.0)
    nobody = judge.counter.rate(np.arange(PEOPLE) < 2, np.arange(PEOPLE) < 2, 1e-6)
    ratio = Ratio.of(nobody, judge.mix(1e-2))
    assert (ratio.value, ratio.least) == (0.0, 0.0)
    assert ratio.most > 0
    assert np.isnan(Ratio.of(judge.counter.rate(first.members, first.members, 1e-2), nobody).value)


def test_the_mix_is_of_adults_and_mostly_of_white_men() -> None:
    people = [
        Person("a", origin="White", sex="male", age=30),
        Person("b", origin="White", sex="female", age=30),
        Person("c", origin="Black", sex="male", age=30),
        Person("d", origin="White", sex="male", age=9),
        Person("e", country="Thailand"),
    ]
    weights = calibration_mix(people)
    assert weights[0] == 1.0
    assert weights[1] == pytest.approx(0.225 / 0.775)
    assert weights[2] == pytest.approx(0.165 / 4 / 0.835)
    assert weights[3] == weights[4] == 0
