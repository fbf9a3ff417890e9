"""What Glimpse does not bear yet: the simulation leaves these faults out, and only counts these promises, unless it is
asked for all. Each has a strict xfail in `tests/simulation/test_open_points.py`, which fails as soon as the point is
met; then its line here goes.
"""

from tests.simulation.promises import Promise
from tests.simulation.script import Kind

OPEN_PROMISES: dict[Promise, str] = {}
_ENDS = "the ends of a killed run take numbers of events that were sent while the disk was full, or come too late"

OPEN_KINDS: dict[Kind, str] = {Kind.DISK_FULL: _ENDS, Kind.FULL_AT_START: _ENDS}

KINDS = frozenset(Kind) - set(OPEN_KINDS)
