"""Draws from a seed when nodes and clients are killed and frozen."""

import random
from dataclasses import dataclass
from enum import StrEnum


class Moment(StrEnum):
    """When a node is killed."""

    STARTING = "while it starts"
    RUNNING = "while it runs"
    WRITING = "while it writes the outbox"
    NEW_TRACK = "straight after a new track"


@dataclass(frozen=True)
class Life:
    """One life of a node, in seconds.

    wait: before the kill, from the start (STARTING) or the first event on.  late: after the moment that is waited for.
    freeze: how long it stands still before; 0: not at all.  is_client_killed: in this life; is_client_away: it starts
    again only in the next life.
    """

    moment: Moment
    wait: float
    late: float = 0.0
    freeze: float = 0.0
    is_client_killed: bool = False
    is_client_away: bool = False


MAX_WAIT_SECONDS = 6.0
_LONG_FREEZE_SECONDS = (8.0, 20.0)  # beyond the heartbeats of ZeroMQ
_SHORT_FREEZE_SECONDS = (0.2, 3.0)
_LONG_FREEZES = 0.15
_CLIENT_KILLS = 0.35


def draw_lives(seed: int, kills: int, freezes: int) -> list[Life]:
    """So many lives, each of which ends by a kill; nodes are frozen in as many of them as `freezes`, at most in all."""
    draw = random.Random(seed)
    frozen = set(draw.sample(range(kills), min(freezes, kills)))
    return [_draw_life(draw, is_frozen=number in frozen) for number in range(kills)]


def draw_interruptions(seed: int, kills: int, *, seconds: float) -> list[float]:
    """At which second of a recording each run of it is killed: not in its last third, where it may end before."""
    draw = random.Random(seed)
    return [draw.uniform(0.0, seconds * 2 / 3) for _ in range(kills)]


def _draw_life(draw: random.Random, *, is_frozen: bool) -> Life:
    moment = draw.choice(list(Moment))
    is_client_killed = draw.random() < _CLIENT_KILLS
    return Life(
        moment,
        wait=draw.uniform(0.0, MAX_WAIT_SECONDS),
        late=draw.choice((0.0, draw.uniform(0.0, 0.005), draw.uniform(0.0, 0.3))),
        freeze=_draw_freeze(draw) if is_frozen else 0.0,
        is_client_killed=is_client_killed,
        is_client_away=is_client_killed and draw.random() < 0.5,
    )


def _draw_freeze(draw: random.Random) -> float:
    return draw.uniform(*(_LONG_FREEZE_SECONDS if draw.random() < _LONG_FREEZES else _SHORT_FREEZE_SECONDS))
