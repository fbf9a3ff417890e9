"""What Glimpse does not bear yet: the simulation leaves these faults out, and only counts these promises, unless it is
asked for all. Each has a strict xfail in `tests/simulation/test_open_points.py`, which fails as soon as the point is
met; then its line here goes.
"""

from tests.simulation.promises import Promise
from tests.simulation.script import Kind

_PATIENCE = "an answer that takes more than three seconds, or is lost, costs the end of an earlier run without a gap"
_UNKNOWN_RUN = "a run that is missing from the outbox makes the client repeat the whole history"

OPEN_PROMISES = {
    Promise.NONE_GIVEN_UP: "the client gives up kept events after a fixed time",
    Promise.END_AFTER_KILL: "the next start says nothing of the tracks of a killed node",
}

OPEN_KINDS = {
    Kind.SLOW_LINK: _PATIENCE,
    Kind.LOST_REQUEST: _PATIENCE,
    Kind.CRAWL: _PATIENCE,
    Kind.AWAY: _PATIENCE,
    Kind.CUT: _PATIENCE,
    Kind.KILL_IN_COMMIT: _PATIENCE,
    Kind.FULL_AT_START: _UNKNOWN_RUN,
    Kind.KILL_AT_START: _UNKNOWN_RUN,
    Kind.WALL_JUMP: "a clock that is wrong for seconds erases the outbox",
    Kind.DAMAGED_ROW: "a stored event that is damaged costs the rest of a replay",
}

KINDS = frozenset(Kind) - set(OPEN_KINDS)
