"""Ends a call into FFmpeg that is blocked in another thread, which PyAV itself offers no way to do.

PyAV asks `time.monotonic()` ten times a second whether a blocked call has timed out. Here that clock is replaced by one
that, for an interrupted thread, leaps ahead. Should a later PyAV not look there, `stop` still works, only as slowly as
the timeouts PyAV was given; a test notices.
"""

import threading
import time
from collections.abc import Callable
from typing import Any

import av.container.core

LEAP = 1e12


class Interrupt:
    """Set from any thread; obeyed by the thread that called `bind`, in whatever FFmpeg call it is or gets into."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self.stopped = False
        self._deadline: float | None = None
        self._leaps = 0

    def bind(self) -> None:
        """Make the calling thread obey."""
        _install()
        _bound.interrupt = self

    def set(self) -> None:
        """Interrupt now and for good."""
        self.stopped = True

    def within(self, seconds: float | None) -> None:
        """Interrupt when this many seconds have passed, unless told otherwise by then; None: no limit."""
        self._deadline = None if seconds is None else self._clock() + seconds

    @property
    def expired(self) -> bool:
        """Whether the limit given by `within` has passed."""
        return self._deadline is not None and self._clock() > self._deadline

    def now(self) -> float:
        """The time PyAV is told. It leaps further each time, since PyAV measures a new call from the last answer."""
        if self.stopped or self.expired:
            self._leaps += 1
            return self._leaps * LEAP
        return time.monotonic()


class _Time:
    """Stands for the module `time` inside av.container.core."""

    def __getattr__(self, name: str) -> Any:
        return getattr(time, name)

    def monotonic(self) -> float:
        interrupt: Interrupt | None = getattr(_bound, "interrupt", None)
        return interrupt.now() if interrupt else time.monotonic()


_bound = threading.local()


def _install() -> None:
    core: Any = av.container.core
    if not isinstance(getattr(core, "time", None), _Time):
        core.time = _Time()
