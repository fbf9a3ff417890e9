"""Places where something stands that is no face."""

import numpy as np
import pytest

from pipeline.tracks.static_things import FORGET_SECONDS, LEAST_READINGS, STILL_SECONDS, StaticThings, Stay

LAMP = np.array([10, 10, 30, 34], np.float32)
NEAR = LAMP + np.array([2, -2, 2, -2], np.float32)
FAR = LAMP + np.array([15, 0, 15, 0], np.float32)


def test_a_place_is_known_by_boxes_that_overlap_it() -> None:
    things = StaticThings()
    assert not things.knows(LAMP, 0.0)
    things.learn(LAMP, 0.0)
    assert things.knows(NEAR, 1.0)
    assert not things.knows(FAR, 1.0)


@pytest.mark.parametrize(("time", "known"), [(FORGET_SECONDS - 1, True), (FORGET_SECONDS + 1, False), (-5.0, False)])
def test_a_place_is_forgotten_in_time_and_when_the_clock_runs_back(time: float, known: bool) -> None:
    things = StaticThings()
    things.learn(LAMP, 0.0)
    assert things.knows(LAMP, time) is known


def test_a_confirmed_place_lasts_longer_and_is_kept_once() -> None:
    things = StaticThings()
    for index in range(5):
        things.learn(NEAR if index % 2 else LAMP, index * FORGET_SECONDS / 2)
    assert things.knows(LAMP, 2.9 * FORGET_SECONDS)
    assert len(things._boxes) == 1


def test_a_stay_is_long_after_time_and_readings_and_begins_again_elsewhere() -> None:
    stay = Stay(LAMP, 0.0)
    stay.readings = LEAST_READINGS
    assert not stay.is_long(STILL_SECONDS - 1)
    stay.move(NEAR, STILL_SECONDS)
    assert stay.is_long(STILL_SECONDS)
    stay.move(FAR, STILL_SECONDS + 1)
    assert (stay.since, stay.readings) == (STILL_SECONDS + 1, 0)


def test_a_thing_that_drifts_slowly_leaves_its_place() -> None:
    stay = Stay(LAMP, 0.0)
    for step in range(1, 20):
        stay.move(LAMP + np.array([step, 0, step, 0], np.float32), float(step))
    assert stay.since > 0
