"""The groups in memory: the likeliest first, what is gone is not found, and there is a limit."""

import pytest

from pipeline.history.groups import known_groups
from pipeline.history.groups.known_groups import KnownGroups
from pipeline.history.groups.pool import Pool, pool_of
from tests.synthetic.strangers import face, links


def look(person: int, number: int = 0) -> Pool:
    return pool_of(face(person, number).astype("<f2").tobytes(), px=24.0, looks=1.0, weight=1.0)


def test_nobody_is_near_where_there_is_nobody() -> None:
    assert KnownGroups(links()).nearest(look(1)) == []


def test_the_likeliest_group_comes_first() -> None:
    known = KnownGroups(links())
    for group in range(1, 200):
        known.set(group, look(group))
    best, second, *_ = known.nearest(look(77, 1))
    assert best.group == 77
    assert best.chance < 1e-4 < second.chance


def test_a_chance_grows_with_the_number_of_groups() -> None:
    chances = []
    for count in (2, 100):
        known = KnownGroups(links())
        for group in range(1, count + 1):
            known.set(group, look(group))
        chances.append(known.nearest(look(1, 1))[0].chance)
    assert chances[1] == pytest.approx(50 * chances[0], rel=0.1)


def test_a_group_that_is_gone_is_not_found_and_its_room_is_used_again() -> None:
    known = KnownGroups(links())
    for group in range(1, 100):
        known.set(group, look(group))
        if group > 3:
            known.set(group - 3, None)
    assert len(known) == 3
    assert {candidate.group for candidate in known.nearest(look(5))} == {97, 98, 99}
    assert known.nearest(look(98, 1))[0].group == 98


def test_of_too_many_groups_those_that_changed_last_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known_groups, "MAX_GROUPS", 3)
    known = KnownGroups(links())
    for group in (1, 2, 3):
        known.set(group, look(group))
    known.add(1, look(1, 2))
    known.set(4, look(4))
    assert {candidate.group for candidate in known.nearest(look(9))} == {1, 3, 4}


def test_more_tracks_make_a_group_look_more_like_its_person() -> None:
    known = KnownGroups(links())
    known.set(1, look(1, 1))
    before = known.nearest(look(1, 50))[0].score
    for number in range(2, 20):
        known.add(1, look(1, number))
    assert known.nearest(look(1, 50))[0].score > before
