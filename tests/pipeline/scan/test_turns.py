"""Which part of the regions is searched, frame by frame."""

import numpy as np
import pytest

from detectors.arrays import Float32
from detectors.base import Window
from pipeline.scan.turns import TURN_FRAMES, Turns

REGIONS = np.array([[x, 0, x + 10, 10] for x in (400, 0, 300, 100, 200)], np.float32)


def pack_at_most(count: int) -> "type[list[Window]] | object":
    def pack(part: Float32) -> list[Window] | None:
        return None if len(part) > count else [Window(int(x), 0, 10, 10) for x in part[:, 0]]

    return pack


def chosen(turns: Turns, count: int, frames: int) -> list[list[int]]:
    return [[window.x for window in turns.choose(REGIONS, pack_at_most(count))] for _ in range(frames)]  # type: ignore[arg-type]


def test_all_are_searched_where_they_fit() -> None:
    assert chosen(Turns(), 5, 2) == [[0, 100, 200, 300, 400]] * 2


def test_neighbours_have_their_turn_together_and_long_enough_to_begin_a_track() -> None:
    parts = chosen(Turns(), 3, 4 * TURN_FRAMES)
    assert {tuple(part) for part in parts} == {(0, 100, 200), (300, 400)}
    runs = np.flatnonzero(np.diff([part[0] for part in parts]))
    assert set(np.diff(runs)) == {TURN_FRAMES}


@pytest.mark.parametrize("count", [1, 2, 4])
def test_every_region_has_its_turn(count: int) -> None:
    parts = chosen(Turns(), count, 5 * TURN_FRAMES)
    assert {x for part in parts for x in part} == {0, 100, 200, 300, 400}


def test_no_regions_and_none_that_fit_give_no_windows() -> None:
    assert Turns().choose(np.zeros((0, 4), np.float32), lambda part: []) == []
    assert Turns().choose(REGIONS, lambda part: None) == []
