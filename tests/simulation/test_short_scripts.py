"""Short scripts, each of which broke a promise once."""

import pytest

from tests.simulation.promises import Promise
from tests.simulation.run import broken_promise, quiet
from tests.simulation.script import Action, Kind, Script

WALK = Action(Kind.WALK, 4.0, target="door", seconds=12.0, who="Ada")
STRANGER = Action(Kind.WALK, 20.0, target="yard", seconds=12.0, who="stranger")

SCRIPTS: dict[Kind | Promise, Script] = {
    Kind.SLOW_LINK: (
        Action(Kind.SLOW_LINK, 1.0, target="alarm", seconds=80.0),
        Action(Kind.KILL, 3.3, seconds=17.0, number=5),
    ),
    Kind.LOST_REQUEST: (
        Action(Kind.LOST_REQUEST, 0.4, target="panel", seconds=32.0),
        Action(Kind.KILL, 5.6, seconds=19.0, number=9),
    ),
    Kind.CRAWL: (
        Action(Kind.WALK, 0.0, target="yard", seconds=18.0, who="Ada"),
        Action(Kind.WALK, 0.0, target="yard", seconds=16.0, who="Grace"),
        Action(Kind.CRAWL, 0.0, target="panel", seconds=80.0, number=1),
        Action(Kind.WALK, 0.0, target="door", seconds=18.0, who="Alan"),
        Action(Kind.WALK, 4.7, target="door", seconds=13.0, who="Grace"),
    ),
    Kind.AWAY: (
        Action(Kind.KILL, 0.0, seconds=89.0, number=31),
        Action(Kind.WALK, 5.0, target="yard", seconds=4.9, who="stranger"),
        Action(Kind.WALK, 5.6, target="yard", seconds=16.9, who="Grace"),
        Action(Kind.KILL, 3.1, seconds=85.0, number=6),
        Action(Kind.AWAY, 0.8, target="panel", seconds=8.2),
        Action(Kind.PICTURE_JUMP, 2.6, target="yard"),
        Action(Kind.KILL, 1.0, seconds=5.9, number=30),
        Action(Kind.WALK, 5.0, target="door", seconds=6.4, who="Grace"),
    ),
    Kind.CUT: (
        Action(Kind.WALK, 0.0, target="door", seconds=12.0, who="stranger"),
        Action(Kind.CUT, 3.3, target="alarm", seconds=3.1),
        Action(Kind.STOP, 0.0, seconds=36.0),
    ),
    Kind.KILL_IN_COMMIT: (
        Action(Kind.KILL, 1.0, target="door", seconds=3.3, number=23),
        Action(Kind.AWAY, 5.9, target="panel", seconds=16.4),
        Action(Kind.WALK, 1.9, target="yard", seconds=17.4, who="Alan"),
        Action(Kind.WALK, 0.7, target="door", seconds=5.4, who="Ada"),
        Action(Kind.WALK, 2.2, target="yard", seconds=11.0, who="Alan"),
        Action(Kind.WALK, 3.1, target="door", seconds=15.4, who="Alan"),
        Action(Kind.KILL_IN_COMMIT, 1.3, number=27),
        Action(Kind.WALK, 0.8, target="yard", seconds=2.5, who="stranger"),
        Action(Kind.KILL_IN_COMMIT, 1.0, number=3),
    ),
    Kind.FULL_AT_START: (
        Action(Kind.WALK, 4.6, target="yard", seconds=8.7, who="stranger"),
        Action(Kind.DISK_FULL, 0.0, seconds=73.4),
        Action(Kind.DAMAGED_ROW, 285.5, number=35),
        Action(Kind.WALK, 3.6, target="yard", seconds=13.5, who="stranger"),
        Action(Kind.FULL_AT_START, 0.0, seconds=10.9),
    ),
    Kind.DISK_FULL: (
        Action(Kind.WALK, 2.9, target="door", seconds=4.7, who="Alan"),
        Action(Kind.DISK_FULL, 0.0, seconds=7.6),
        Action(Kind.WALK, 20.0, target="door", seconds=6.3, who="Ada"),
        Action(Kind.LOST_REQUEST, 0.0, target="alarm", seconds=54.5),
        Action(Kind.DISK_FULL, 0.0, seconds=65.0),
        Action(Kind.WALK, 0.0, target="door", seconds=15.9, who="Grace"),
        Action(Kind.WALK, 4.7, target="yard", seconds=13.0, who="Alan"),
        Action(Kind.STOP, 0.0, seconds=17.0),
    ),
    Kind.KILL_AT_START: (Action(Kind.KILL_AT_START, 1.0, number=7),),
    Kind.WALL_JUMP: (WALK, Action(Kind.WALL_JUMP, 30.0, seconds=10.0, number=8 * 86_400)),
    Kind.DAMAGED_ROW: (
        Action(Kind.CUT, 1.0, target="alarm", seconds=10.0),
        WALK,
        Action(Kind.DAMAGED_ROW, 30.0, number=3),
    ),
    Kind.BROKEN_VECTOR: (
        Action(Kind.BROKEN_VECTOR, 2.0, target="Ada", seconds=60.0, number=2),
        STRANGER,
    ),
    Promise.NONE_GIVEN_UP: (
        WALK,
        Action(Kind.CUT, 5.3, target="archive", seconds=5.3),
        Action(Kind.STOP, 0.0, seconds=38.2),
    ),
    Promise.NONE_LOST: (
        Action(Kind.WALK, 191.9, target="door", seconds=7.0, who="Grace"),
        Action(Kind.FULL_AT_START, 2.0, seconds=73.4),
        Action(Kind.WALK, 62.7, target="yard", seconds=18.4, who="Grace"),
        Action(Kind.DAMAGED_ROW, 7.4, number=17),
    ),
    Promise.END_AFTER_KILL: (WALK, Action(Kind.KILL, 20.0, number=2, seconds=10.0)),
}


@pytest.mark.parametrize("point", SCRIPTS)
def test_no_promise_is_broken(point: Kind | Promise) -> None:
    with quiet():
        error = broken_promise(SCRIPTS[point])
    assert error is None
