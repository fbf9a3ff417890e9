"""One cause is told once until somebody was gone for the time of the rule."""

import pytest

from pipeline.alerts.cooldown import is_cooling, note_cause
from pipeline.alerts.subjects import Sighting


def told_at(at: float) -> Sighting:
    sighting = Sighting()
    note_cause(sighting, at, told=True)
    return sighting


@pytest.mark.parametrize(
    ("at", "cooling"),
    [(100.0, True), (159.9, True), (160.0, False), (40.1, True), (40.0, False), (0.0, False), (1e9, False)],
)
def test_it_cools_for_so_long_and_a_clock_put_back_far_ends_it(at: float, cooling: bool) -> None:
    assert is_cooling(told_at(100.0), at, 60.0) is cooling


def test_what_was_never_told_does_not_cool() -> None:
    sighting = Sighting()
    assert not is_cooling(sighting, 0.0, 60.0)
    note_cause(sighting, 100.0, told=False)
    assert not is_cooling(sighting, 100.0, 60.0)


def test_a_cause_that_is_not_told_keeps_it_cool_and_told() -> None:
    sighting = told_at(100.0)
    note_cause(sighting, 150.0, told=False)
    assert is_cooling(sighting, 200.0, 60.0)


def test_a_rule_without_cooldown_tells_each_cause() -> None:
    assert not is_cooling(told_at(100.0), 100.0, 0.0)
