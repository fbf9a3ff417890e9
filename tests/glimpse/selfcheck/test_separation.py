"""How far the same people and strangers are apart."""

import numpy as np
import pytest

from detectors.arrays import Float64
from glimpse.selfcheck.seen_track import SeenTrack
from glimpse.selfcheck.separation import MIN_PAIRS, Separation, measure_separation


def track(vector: Float64, at: float, *, agreement: float | None = 0.8, name: str | None = None) -> SeenTrack:
    unit = (vector / np.linalg.norm(vector)).astype(np.float32)
    return SeenTrack("door", at, at + 5, 24.0, template=unit, agreement=agreement, name=name)


def crowd(count: int, gap: float) -> list[SeenTrack]:
    random = np.random.default_rng(0)
    return [track(random.normal(size=32), gap * number) for number in range(count)]


def test_people_who_are_seen_together_are_strangers_for_certain() -> None:
    found = measure_separation(crowd(60, 0.1))
    assert found.together
    assert len(found.strangers) >= MIN_PAIRS
    assert len(found.strangers) < 60 * 59 / 2
    assert found.area == 1.0
    assert found.distance > 4


def test_where_too_few_are_together_all_count_but_those_of_one_name() -> None:
    tracks = crowd(10, 100.0)
    named = [track(np.ones(32), 5000.0, name="Ada"), track(np.ones(32), 6000.0, name="Ada")]
    found = measure_separation([*tracks, *named])
    assert not found.together
    assert len(found.strangers) == 12 * 11 / 2 - 1
    assert found.strangers.max() < 0.99


def test_without_tracks_there_is_nothing_to_say() -> None:
    found = measure_separation([SeenTrack("door", 0, 1, 20.0)])
    assert np.isnan([found.distance, found.area]).all()


@pytest.mark.parametrize(("genuine", "area"), [([0.9, 0.9], 1.0), ([0.1, 0.1], 0.5), ([0.0, 0.0], 0.0)])
def test_the_area_counts_pairs_in_the_right_order(genuine: list[float], area: float) -> None:
    assert Separation(np.array(genuine), np.array([0.1, 0.1]), together=True).area == area
