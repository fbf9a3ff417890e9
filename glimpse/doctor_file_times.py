"""Looks whether the clock went back since a node wrote its files; `doctor` itself asks the kernel about NTP."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from glimpse.doctor import Finding, Health
from pipeline.site.site_time import stamp

MOST_AHEAD_SECONDS = 2.0


def examine_file_times(stores: Sequence[Path], *, clock: Callable[[], float] = time.time) -> Finding:
    """Whether a file was written in the future. stores: files that a node writes."""
    newest = max((written for path in stores if (written := _written(path)) is not None), default=None)
    if newest is not None and newest > clock() + MOST_AHEAD_SECONDS:
        ahead = f"a file was written {newest - clock():,.0f} s in the future"
        advice = "the clock was or is wrong: set it, and let NTP keep it"
        return Finding("times of files", Health.DOUBTFUL, ahead, advice)
    return Finding("times of files", Health.GOOD, f"the newest: {stamp(newest)}" if newest is not None else "none yet")


def _written(path: Path) -> float | None:
    """Unix seconds; None for what is no file, or none that this user may look at."""
    try:
        return path.stat().st_mtime if path.is_file() else None
    except OSError:
        return None
