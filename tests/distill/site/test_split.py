"""Who is learnt from, who chooses and who measures."""

import numpy as np
import pytest

from distill.errors import DistillError
from distill.site.split import Limits, Parts, split_visitors
from distill.site.visitors import Look, Visitor

PICTURE = np.zeros((16, 16, 3), np.uint8)
LIMITS = Limits(48.0, 28.0)


def visitor(name: str, *looks: tuple[float, float]) -> Visitor:
    """looks: seconds and pixels."""
    return Visitor(name, tuple(Look(PICTURE, px, time) for time, px in looks))


def crowd(count: int) -> list[Visitor]:
    return [visitor(f"{row:03d}", (10.0 * row, 15.0), (10.0 * row + 1, 60.0)) for row in range(count)]


def names(parts: Parts) -> list[set[str]]:
    return [{one.name for one in part} for part in (parts.learnt, parts.choosing, parts.measured)]


def test_the_parts_follow_each_other_in_time_and_share_nobody() -> None:
    parts = split_visitors(crowd(200), LIMITS)
    learnt, choosing, measured = names(parts)
    assert (len(learnt), len(choosing), len(measured)) == (120, 30, 50)
    assert not learnt & choosing
    assert not (learnt | choosing) & measured
    assert max(one.looks[-1].time for one in parts.choosing) < min(one.first_seen for one in parts.measured)


def test_what_somebody_did_after_the_end_of_their_part_is_left_out() -> None:
    people = crowd(200)
    people[0] = visitor("000", (0.0, 15.0), (1.0, 60.0), (1999.0, 15.0), (1999.5, 60.0))
    parts = split_visitors(people, LIMITS)
    assert [look.time for look in parts.learnt[0].looks] == [0.0, 1.0]
    assert "000" not in names(parts)[2]


def test_somebody_whose_near_look_came_too_late_teaches_nothing() -> None:
    people = crowd(200)
    people[0] = visitor("000", (0.0, 15.0), (1999.0, 60.0))
    assert "000" not in set.union(*names(split_visitors(people, LIMITS)))


def test_nobody_measures_without_a_far_look() -> None:
    people = [*crowd(199), visitor("near", (5000.0, 60.0))]
    assert "near" not in names(split_visitors(people, LIMITS))[2]


def test_people_who_were_never_near_count_for_nothing() -> None:
    far = [visitor(f"far {row}", (float(row), 15.0)) for row in range(300)]
    assert names(split_visitors([*far, *crowd(200)], LIMITS)) == names(split_visitors(crowd(200), LIMITS))


@pytest.mark.parametrize(("count", "got"), [(0, "got 0, 0 and 0"), (100, "got 60, 15 and 25")])
def test_too_few_people_are_told_with_their_numbers(count: int, got: str) -> None:
    with pytest.raises(DistillError, match=f"expected 40 people or more to learn from.*{got}"):
        split_visitors(crowd(count), LIMITS)


def test_near_is_more_than_far() -> None:
    with pytest.raises(DistillError, match="expected near faces to be larger than far ones, got 20 and 28 px"):
        Limits(20.0, 28.0)
