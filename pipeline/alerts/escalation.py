"""When an alert that nobody acknowledges goes up by a level."""

from typing import NamedTuple


class Step(NamedTuple):
    """level: of the alert from now on.  next_at: when it goes up again, Unix seconds; None: never."""

    level: int
    next_at: float | None


def first_step(now: float, seconds: float, max_level: int) -> Step:
    """Of an alert that is raised now. seconds: without acknowledgement until each step; 0: none."""
    return Step(0, now + seconds if seconds > 0 and max_level > 0 else None)


def next_step(level: int, now: float, seconds: float, max_level: int) -> Step:
    """One level up. Time counts from now, so that after an outage an alert does not go up several at once."""
    level = min(level + 1, max_level)
    return Step(level, now + seconds if level < max_level else None)
