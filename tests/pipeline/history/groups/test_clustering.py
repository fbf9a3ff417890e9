"""Groups made anew: who is alike comes together, operators and pictures keep people apart, numbers stay."""

import random
from collections.abc import Sequence
from typing import Any

import pytest

from pipeline.history.groups.clustering import Move, recluster
from pipeline.history.groups.pool import pool_of
from pipeline.history.groups.stored_tracks import StoredTrack
from tests.synthetic.strangers import face, links


def seen(number: int, person: int, group: int, *, by_hand: bool = False, at: float | None = None) -> StoredTrack:
    """A track of three seconds; each comes a minute after the one before."""
    begin = 60.0 * number if at is None else at
    pool = pool_of(face(person, number).astype("<f2").tobytes(), px=24.0, looks=1.0, weight=1.0)
    return StoredTrack(number, 1, "door", begin, begin + 3, True, group, by_hand, pool)


def moves(*tracks: StoredTrack) -> list[Move]:
    return recluster(tracks, links(), false_link=0.01)


def groups(tracks: Sequence[StoredTrack]) -> dict[int, Any]:
    """Where each track is afterwards; a new group is named by its part."""
    now: dict[int, Any] = {track.id: track.group for track in tracks}
    return now | {move.track: f"new {move.part}" if move.group is None else move.group for move in moves(*tracks)}


def test_groups_that_are_right_stay() -> None:
    assert moves(seen(1, 1, 7), seen(2, 1, 7), seen(3, 2, 8), seen(4, 3, 9)) == []


def test_nobody_moves_nothing() -> None:
    assert moves() == []


def test_two_groups_of_one_person_become_the_larger_one() -> None:
    tracks = [seen(1, 1, 3), seen(2, 1, 9), seen(3, 1, 9), seen(4, 2, 5)]
    [move] = moves(*tracks)
    assert (move.track, move.previous, move.group) == (1, 3, 9)
    assert move.chance is not None
    assert move.chance <= 0.01


def test_each_pair_counts_as_one_comparison() -> None:
    """A track is compared with half of the groups on average, since each pair is compared once."""
    tracks = [seen(number, max(number, 2), number) for number in range(1, 21)]
    [move] = moves(*tracks)
    one, other = tracks[0].pool, tracks[1].pool
    found = links()
    near = [found.nearness(pool.vector[None]) for pool in (one, other)]
    score = float(found.scores(one.vector[None], near[0], other.vector[None], near[1])[0, 0])
    assert move.chance == pytest.approx(found.chance(score, 24.0, 1.0, others=10), rel=1e-3)


def test_a_group_of_two_people_is_divided_and_keeps_its_number_where_most_are() -> None:
    tracks = [seen(1, 1, 3), seen(2, 1, 3), seen(3, 2, 3), seen(4, 2, 3), seen(5, 2, 3)]
    now = groups(tracks)
    assert now[3] == now[4] == now[5] == 3
    assert now[1] == now[2]
    assert str(now[1]).startswith("new")


def test_what_is_put_by_hand_does_not_move() -> None:
    """Two people in one group, and one person in two, because an operator said so."""
    together = [seen(1, 1, 3, by_hand=True), seen(2, 2, 3, by_hand=True)]
    apart = [seen(3, 5, 6, by_hand=True), seen(4, 5, 7, by_hand=True)]
    assert moves(*together, *apart) == []


def test_others_come_to_what_is_put_by_hand() -> None:
    tracks = [seen(1, 1, 3, by_hand=True), seen(2, 1, 8), seen(3, 1, 8)]
    assert groups(tracks) == {1: 3, 2: 3, 3: 3}


def test_two_tracks_in_one_picture_stay_apart_however_alike() -> None:
    tracks = [seen(1, 1, 3, at=100.0), seen(2, 1, 4, at=102.0), seen(3, 1, 5, at=900.0)]
    now = groups(tracks)
    assert now[1] != now[2]
    assert now[3] in (now[1], now[2])


@pytest.mark.parametrize("seed", range(5))
def test_the_result_is_the_people_whatever_the_groups_were(seed: int) -> None:
    dice = random.Random(seed)
    people = [dice.randrange(8) for _ in range(40)]
    tracks = [seen(number, person, dice.randrange(1, 12)) for number, person in enumerate(people, 1)]
    now = groups(tracks)
    assert (
        len({(people[track.id - 1], now[track.id]) for track in tracks}) == len(set(people)) == len(set(now.values()))
    )
