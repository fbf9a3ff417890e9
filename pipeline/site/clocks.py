"""Whether clocks can be trusted: that of this machine by what its kernel knows, that of a camera against this machine.

The kernel keeps the state that an NTP client gives it, and anybody may read it (adjtimex(2)); without an NTP client it
says that the clock is not synchronised. Containers see the state of their host. Other systems than Linux say nothing.
"""

import ctypes
import sys
from typing import NamedTuple

from pipeline.events import NodeClock

TOLERANCE_SECONDS = 2.0
"""A clock that is off by more is said: alerts and pictures of two cameras no longer fit together."""
_STA_UNSYNC = 0x0040
_TIME_ERROR = 5


class _TimeValue(ctypes.Structure):
    _fields_ = (("seconds", ctypes.c_long), ("fraction", ctypes.c_long))


class _Timex(ctypes.Structure):
    """struct timex of <sys/timex.h>; what follows `tick` is not read."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("constant", ctypes.c_long),
        ("precision", ctypes.c_long),
        ("tolerance", ctypes.c_long),
        ("time", _TimeValue),
        ("tick", ctypes.c_long),
        ("rest", ctypes.c_long * 32),
    )


class KernelClock(NamedTuple):
    """What the kernel knows. status: bits of adjtimex(2).  max_error: seconds.  answer: what the call returned."""

    status: int
    max_error: float
    answer: int


def read_kernel() -> KernelClock | None:
    """What the kernel of this machine says of its clock; None where it does not say. Changes nothing."""
    if sys.platform != "linux":
        return None
    found = _Timex(modes=0)
    try:
        answer = int(ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.byref(found)))
    except (OSError, AttributeError):  # a C library without it
        return None
    return None if answer < 0 else KernelClock(found.status, found.maxerror / 1e6, answer)


def node_clock(kernel: KernelClock | None) -> NodeClock | None:
    """The same as a heartbeat tells it; None where the system says nothing."""
    if kernel is None:
        return None
    synchronised = not (kernel.status & _STA_UNSYNC or kernel.answer == _TIME_ERROR)
    return NodeClock(synchronised=synchronised, max_error=round(kernel.max_error, 3) if synchronised else None)


def why_node_clock(clock: NodeClock | None) -> str | None:
    """What is wrong with the clock of a node, in words; None where nothing is known to be."""
    if clock is None:
        return None
    if not clock.synchronised:
        return "has a clock that no time server sets (NTP)"
    if clock.max_error is not None and clock.max_error > TOLERANCE_SECONDS:
        return f"has a clock that may be off by {clock.max_error:.1f} s"
    return None


def why_camera_clock(offset: float | None) -> str | None:
    """What is wrong with the clock of a camera, in words; None where nothing is known to be.

    offset: camera's clock minus that of the node as a picture arrives, seconds. Pictures arrive after they are taken,
    so a clock that is behind looks like pictures that are late.
    """
    if offset is None or abs(offset) <= TOLERANCE_SECONDS:
        return None
    if offset > 0:
        return f"its clock is {_words(offset)} ahead of the node's"
    return f"its clock is {_words(-offset)} behind the node's, or its pictures arrive so late"


def _words(seconds: float) -> str:
    """How far a clock is off, in a unit that fits."""
    for unit, length in (("days", 86_400.0), ("h", 3_600.0), ("min", 60.0)):
        if seconds >= 2 * length:
            return f"{seconds / length:.1f} {unit}"
    return f"{seconds:.1f} s"
