"""The script of a simulation: who walks past which camera, and what goes wrong when.

A script is data. Every action holds all that it needs, so that the others mean the same when one is removed.
"""

import random
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

CAMERAS = ("door", "yard")
CONSUMERS = ("alarm", "archive", "panel")
PEOPLE = ("Ada", "Grace", "Alan")
SIZES = ((640, 360), (320, 180), (800, 450))


class Kind(StrEnum):
    """What can happen."""

    WALK = "walk"
    STALL = "stall"
    DROP = "drop"
    STAMP_JUMP = "stamp jump"
    PICTURE_JUMP = "picture jump"
    RESIZE = "resize"
    DISK_FULL = "disk full"
    FULL_AT_START = "full at start"
    KILL = "kill"
    KILL_IN_COMMIT = "kill in commit"
    KILL_AT_START = "kill at start"
    STOP = "stop"
    CRAWL = "crawl"
    AWAY = "away"
    CUT = "cut"
    LOST_REQUEST = "lost request"
    ENROL = "enrol"
    ERASE = "erase"
    SLOW_LINK = "slow link"
    WALL_JUMP = "wall jump"
    DAMAGED_ROW = "damaged row"
    BROKEN_VECTOR = "broken vector"


KINDS = frozenset(Kind)


@dataclass(frozen=True, slots=True)
class Action:
    """One thing that happens; then `wait` simulated seconds pass.

    target: camera, consumer or person, where the kind has one.  seconds: how long it lasts.
    number: what else the kind needs (a size, a write to be killed at, seconds of a jump).  who: who walks.
    """

    kind: Kind
    wait: float
    target: str = ""
    seconds: float = 0.0
    number: int = 0
    who: str = ""

    def __str__(self) -> str:
        fields = {"target": self.target, "seconds": self.seconds, "number": self.number, "who": self.who}
        given = [f"{name}={value!r}" for name, value in fields.items() if value]
        return f"Action(Kind.{self.kind.name}, {self.wait}{''.join(f', {text}' for text in given)})"


Script = tuple[Action, ...]

WALKS_SHARE = 0.5
EPISODE_SHARE = 0.75  # of all actions, that soon follow the one before, so that faults fall into each other
REST_SECONDS = 150.0
BLOCK_SECONDS = 3600.0
"""Each block of a script leaves out every second kind of fault, drawn anew: what one fault hides, another block shows
(swarm testing: Groce et al., ISSTA 2012)."""


def write_script(seed: int, hours: float, kinds: Collection[Kind]) -> Script:
    """Draw a script of so many simulated hours with faults of these kinds."""
    rng = random.Random(seed)
    faults = sorted(set(kinds) - {Kind.WALK})
    actions: list[Action] = []
    while (left := hours * 3600 - sum(action.wait for action in actions)) > 0:
        present = [kind for kind in faults if rng.random() < 0.5]
        actions += _write_block(rng, min(left, BLOCK_SECONDS), present)
    return tuple(actions)


def _write_block(rng: random.Random, seconds: float, faults: Sequence[Kind]) -> Iterator[Action]:
    while seconds > 0:
        is_walk = rng.random() < WALKS_SHARE or not faults
        action = _draw(rng, Kind.WALK if is_walk else rng.choice(faults))
        seconds -= action.wait
        yield action


def _draw(rng: random.Random, kind: Kind) -> Action:
    wait = round(rng.uniform(0, 6) if rng.random() < EPISODE_SHARE else rng.expovariate(1 / REST_SECONDS), 1)
    is_short = kind is Kind.WALK or rng.random() < 0.5
    seconds = round(rng.uniform(2, 20) if is_short else rng.uniform(5, 90), 1)
    return Action(kind, wait, _draw_target(rng, kind), seconds, _draw_number(rng, kind), _draw_walker(rng, kind))


_OF_CONSUMERS = (Kind.CRAWL, Kind.AWAY, Kind.CUT, Kind.LOST_REQUEST, Kind.SLOW_LINK)
_OF_PEOPLE = (Kind.ENROL, Kind.ERASE, Kind.BROKEN_VECTOR)


def _draw_target(rng: random.Random, kind: Kind) -> str:
    if kind in _OF_CONSUMERS:
        return rng.choice(CONSUMERS)
    if kind in _OF_PEOPLE:
        return rng.choice(PEOPLE)
    return rng.choice(CAMERAS)


def _draw_number(rng: random.Random, kind: Kind) -> int:
    match kind:
        case Kind.RESIZE:
            return rng.randrange(len(SIZES))
        case Kind.STAMP_JUMP:
            return rng.choice((-100_000, -60, -1, 1, 60, 100_000))
        case Kind.WALL_JUMP:
            return rng.choice((-86_400, -3600, 3600, 8 * 86_400))
        case _:
            return rng.randrange(1, 40)


def _draw_walker(rng: random.Random, kind: Kind) -> str:
    return rng.choice((*PEOPLE, "stranger", "stranger")) if kind is Kind.WALK else ""
