"""Looks at the clock of the machine: whether something sets it, and whether it went back since files were written."""

import ctypes
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from glimpse.doctor import Finding, Health

MOST_AHEAD_SECONDS = 2.0
_TIMEX_BYTES = 512  # struct timex has 208; adjtimex(2)
_UNSYNCHRONISED = 5  # TIME_ERROR


def examine_clock(stores: Sequence[Path], *, clock: Callable[[], float] = time.time) -> Iterator[Finding]:
    """Two findings: NTP, where the system says, and the newest file. stores: files that a node writes."""
    state = _kernel_state()
    if state is not None:
        yield _ntp(state)
    newest = max((path.stat().st_mtime for path in stores if path.is_file()), default=None)
    if newest is not None and newest > clock() + MOST_AHEAD_SECONDS:
        ahead = f"a file was written {newest - clock():,.0f} s in the future"
        yield Finding("clock", Health.DOUBTFUL, ahead, "the clock was or is wrong: set it, and let NTP keep it")
    else:
        yield Finding("clock", Health.GOOD, time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(clock())))


def _ntp(state: int) -> Finding:
    if state == _UNSYNCHRONISED:
        advice = "turn it on: timedatectl set-ntp true, or install chrony"
        return Finding("clock by NTP", Health.DOUBTFUL, "the kernel says that nothing sets the clock", advice)
    return Finding("clock by NTP", Health.GOOD, "synchronised")


def _kernel_state() -> int | None:
    """What adjtimex(2) says without changing anything; None where the system has no such call or refuses it."""
    if sys.platform != "linux":
        return None
    try:
        state = int(ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES)))
    except (AttributeError, OSError):
        return None
    return state if state >= 0 else None
