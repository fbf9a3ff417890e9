"""What refuses a fitted student."""

from dataclasses import replace

import pytest

from distill.site import gate
from distill.site.false_names import FalseNames
from distill.site.gate import Findings, find_objections
from distill.site.measure import Shares

WON, EVEN, LOST = (Shares(100, 0.003, 0.3, 0.3 + gain, gain - 0.05, gain + 0.05) for gain in (0.1, 0.0, -0.1))
FEWER, MORE = FalseNames(1e-3, 100_000, 90, 80), FalseNames(1e-3, 100_000, 90, 91)
GOOD = Findings(
    {gate.TWO_VISITS: WON, gate.ONE_VISIT: EVEN, gate.ORDINARY: EVEN},
    {gate.STRANGERS_OF_SITE: FEWER, gate.STRANGERS_OF_TEST: replace(FEWER, after=90)},
    is_better=True,
)


def test_a_student_that_wins_on_another_day_and_loses_nowhere_is_installed() -> None:
    assert find_objections(GOOD) == []


def test_winning_within_a_visit_alone_is_not_enough() -> None:
    shares = {**GOOD.shares, gate.TWO_VISITS: EVEN, gate.ONE_VISIT: WON}
    [told] = find_objections(replace(GOOD, shares=shares))
    assert told == "The gain of another day must be above 0 with 95 % confidence, and its lower end is -5.0 points."


@pytest.mark.parametrize("name", [gate.ONE_VISIT, gate.ORDINARY])
def test_losing_anywhere_else_refuses(name: str) -> None:
    [told] = find_objections(replace(GOOD, shares={**GOOD.shares, name: LOST}))
    assert told == f"Fewer are named right in {name}: -10.0 points."


@pytest.mark.parametrize("name", [gate.STRANGERS_OF_SITE, gate.STRANGERS_OF_TEST])
def test_one_more_false_name_refuses(name: str) -> None:
    [told] = find_objections(replace(GOOD, false_names={**GOOD.false_names, name: MORE}))
    assert told == f"More {name} reach the threshold of 0.1 %: 91 of 100,000 comparisons instead of 90."


def test_without_second_visits_one_visit_must_win() -> None:
    shares = {gate.ONE_VISIT: EVEN, gate.ORDINARY: WON}
    [told] = find_objections(replace(GOOD, shares=shares))
    assert "The gain of one visit must be above 0" in told
    assert find_objections(replace(GOOD, shares={**shares, gate.ONE_VISIT: WON})) == []


def test_a_fit_that_was_not_better_for_those_who_choose_is_refused() -> None:
    assert find_objections(replace(GOOD, is_better=False)) == [
        "No fit was better than the shipped student for those who choose."
    ]
