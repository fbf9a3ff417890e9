"""Ends a call into FFmpeg that is blocked in another thread, which PyAV has no function for.

PyAV asks `time.monotonic()` ten times a second whether a blocked call has timed out. This module replaces that clock by
one that jumps ahead for an interrupted thread. With a PyAV that asks another clock, an interrupt has no effect and the
call ends at the timeout that PyAV was given; tests/pipeline/capture/test_ffmpeg_interrupt.py fails then.
"""

import threading
import time
from collections.abc import Callable
from typing import Any

import av.container.core

JUMP_SECONDS = 1e12


class FFmpegInterrupt:
    """Interrupts the thread that called `bind`, in the FFmpeg call it is in or makes next."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self.is_set = False
        self._deadline: float | None = None
        self._jumps = 0

    def bind(self) -> None:
        """Make the calling thread the one that is interrupted."""
        _install_clock()
        _bound.interrupt = self

    def set(self) -> None:
        """Interrupt now and for all later calls; from any thread."""
        self.is_set = True

    def set_deadline(self, seconds: float | None) -> None:
        """Interrupt `seconds` from now; replaces the last deadline. None: no deadline."""
        self._deadline = None if seconds is None else self._clock() + seconds

    @property
    def expired(self) -> bool:
        """Whether the deadline has passed."""
        return self._deadline is not None and self._clock() > self._deadline

    def monotonic(self) -> float:
        """The time that PyAV sees. Each answer jumps further, since PyAV measures a call from the answer before."""
        if self.is_set or self.expired:
            self._jumps += 1
            return self._jumps * JUMP_SECONDS
        return time.monotonic()


class _TimeModule:
    """Replaces the module `time` inside av.container.core."""

    def __getattr__(self, name: str) -> Any:
        return getattr(time, name)

    def monotonic(self) -> float:
        interrupt: FFmpegInterrupt | None = getattr(_bound, "interrupt", None)
        return interrupt.monotonic() if interrupt else time.monotonic()


_bound = threading.local()


def _install_clock() -> None:
    core: Any = av.container.core
    if not isinstance(getattr(core, "time", None), _TimeModule):
        core.time = _TimeModule()
