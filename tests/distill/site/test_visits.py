"""Visits, and the pairs of near and far looks within one and across two."""

import numpy as np

from distill.site.split import Limits
from distill.site.visitors import Look, Visitor
from distill.site.visits import GAP_SECONDS, pair_of_one_visit, pair_of_two_visits, part_visits

PICTURE = np.zeros((16, 16, 3), np.uint8)
LIMITS = Limits(48.0, 28.0)
DAY = 86_400.0


def looks(*seen: tuple[float, float]) -> tuple[Look, ...]:
    """seen: seconds and pixels."""
    return tuple(Look(PICTURE, px, time) for time, px in seen)


def times(part: tuple[Look, ...]) -> list[float]:
    return [look.time for look in part]


def test_a_visit_ends_where_somebody_was_not_seen_for_hours() -> None:
    seen = looks((0.0, 20), (GAP_SECONDS - 1, 20), (2 * GAP_SECONDS - 1, 20), (1.0, 20))
    assert [times(visit) for visit in part_visits(seen)] == [[0.0, 1.0, GAP_SECONDS - 1], [2 * GAP_SECONDS - 1]]
    assert part_visits(()) == []


def test_a_pair_of_one_visit_is_of_the_first_with_a_near_and_a_far_look() -> None:
    visitor = Visitor(
        "Ada", looks((0.0, 20), (DAY, 15), (DAY + 1, 60), (DAY + 2, 80), (2 * DAY, 20), (2 * DAY + 1, 90))
    )
    pair = pair_of_one_visit(visitor, LIMITS)
    assert pair is not None
    assert (pair.enrolled.px, times(pair.looks)) == (80, [DAY, DAY + 1, DAY + 2])


def test_near_and_far_on_different_days_are_no_pair_of_one_visit() -> None:
    assert pair_of_one_visit(Visitor("Ada", looks((0.0, 60), (DAY, 20))), LIMITS) is None


def test_a_pair_of_two_visits_searches_later_looks_alone() -> None:
    visitor = Visitor(
        "Ada", looks((0.0, 20), (DAY, 60), (DAY + 1, 20), (2 * DAY, 20), (3 * DAY, 18), (3 * DAY + 1, 90))
    )
    pair = pair_of_two_visits(visitor, LIMITS)
    assert pair is not None
    assert (pair.enrolled.time, times(pair.looks)) == (DAY, [2 * DAY, 3 * DAY, 3 * DAY + 1])


def test_who_was_not_seen_far_on_a_later_day_is_no_pair_of_two_visits() -> None:
    for seen in ([(0.0, 60), (1.0, 20)], [(0.0, 20), (DAY, 60)], [(0.0, 60), (DAY, 61)], [(0.0, 20), (DAY, 20)]):
        assert pair_of_two_visits(Visitor("Ada", looks(*seen)), LIMITS) is None
