"""Pairs within the bounds, and only those: nobody is in two places, names divide, clocks of two nodes may differ."""

import pytest

from pipeline.history.journeys.pairs import CLOCK_SECONDS, Bounds, Likeness, pair_up
from pipeline.history.journeys.passage import Passage
from pipeline.history.journeys.topology import AT_ONCE
from tests.synthetic.passages import at_camera, passage
from tests.synthetic.strangers import links

LIKENESS = Likeness(links())
APART = Bounds()
OVERLAPPING = Bounds(overlapping=[frozenset((at_camera("hall"), at_camera("desk")))])


def numbers(passages: list[Passage], bounds: Bounds = APART) -> list[tuple[int, int]]:
    return pair_up(passages, LIKENESS, bounds).numbers


def test_tracks_of_one_person_are_alike_and_those_of_strangers_are_not() -> None:
    pairs = pair_up(
        [
            passage(1, "gate", 0, number=1),
            passage(1, "hall", 30, number=2),
            passage(2, "desk", 60, number=3),
        ],
        LIKENESS,
        Bounds(),
    )
    assert pairs.numbers == [(0, 1), (0, 2), (1, 2)]
    assert pairs.chances[0] < 0.001
    assert pairs.chances[1:] == [1.0, 1.0]
    assert [way.length for way in pairs.ways] == [3, 4, 3]


def test_nobody_is_at_two_cameras_at_once() -> None:
    at_once = [passage(1, "hall", 0, number=1), passage(1, "desk", 5, number=2)]
    assert numbers(at_once) == []
    pairs = pair_up(at_once, LIKENESS, OVERLAPPING)
    assert pairs.numbers == [(0, 1)]
    assert pairs.ways[0].length == AT_ONCE


@pytest.mark.parametrize(("node", "expected"), [("site", []), ("other", [(0, 1)])])
def test_clocks_of_two_nodes_may_differ_a_little(node: str, expected: list[tuple[int, int]]) -> None:
    early = 10 - CLOCK_SECONDS / 2
    assert numbers([passage(1, "gate", 0, number=1), passage(1, "hall", early, number=2, node=node)]) == expected


def test_two_tracks_of_one_camera_are_joined_only_one_after_the_other() -> None:
    assert numbers([passage(1, "gate", 0, number=1), passage(1, "gate", 5, number=2)]) == []
    assert numbers([passage(1, "gate", 0, number=1), passage(1, "gate", 11, number=2)]) == [(0, 1)]


def test_what_is_too_long_ago_is_no_pair() -> None:
    passages = [passage(1, "gate", 0, number=1), passage(1, "hall", 1811, number=2)]
    assert numbers(passages) == []
    assert numbers(passages, Bounds(longest=1801)) == [(0, 1)]


def test_two_names_are_two_people_and_one_name_makes_them_more_alike() -> None:
    def pair(first: str | None, second: str | None, false_alarm: float) -> list[float]:
        tracks = [
            passage(1, "gate", 0, number=1, name=first, false_alarm=false_alarm),
            passage(2, "hall", 30, number=2, name=second, false_alarm=false_alarm),
        ]
        return pair_up(tracks, LIKENESS, Bounds()).chances

    assert pair("Ada", "Ben", 1e-6) == []
    assert pair("Ada", "Ada", 1e-6) == [pytest.approx(2e-6)]
    assert pair("Ada", None, 1e-6) == [1.0]
    assert pair("Ada", "Ada", 1.0) == [1.0]


def test_of_nothing_there_are_no_pairs() -> None:
    assert numbers([]) == []
    assert numbers([passage(1, "gate", 0, number=1)]) == []


def test_many_passages_are_compared_in_parts() -> None:
    """More than one block of rows: each pair within the time comes once, in order."""
    passages = [passage(number % 7, "gate", 20.0 * number, number=number, seconds=1) for number in range(600)]
    found = numbers(passages, Bounds(longest=50))
    assert found == [(first, second) for first in range(600) for second in range(first + 1, min(first + 3, 600))]
