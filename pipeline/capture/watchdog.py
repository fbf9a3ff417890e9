"""Notices that frames stopped coming while the reader itself is stuck inside FFmpeg and cannot."""

import threading
import time
from collections.abc import Callable


class Watchdog(threading.Thread):
    """Calls `on_stall` once each time an armed source shows no frame for `limit` seconds."""

    def __init__(
        self, name: str, limit: float, on_stall: Callable[[], None], *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(name=f"watch {name}", daemon=True)
        self._limit, self._on_stall, self._clock = limit, on_stall, clock
        self._seen: float | None = None
        self._told: float | None = None
        self._ending = threading.Event()

    def seen(self) -> None:
        """A frame came; from now on its age counts."""
        self._seen = self._clock()

    def disarm(self) -> None:
        """No frame is expected until one was seen again."""
        self._seen = None

    @property
    def overdue(self) -> bool:
        seen = self._seen
        return seen is not None and self._clock() - seen >= self._limit

    def end(self) -> None:
        self._ending.set()

    def run(self) -> None:
        """Wakes at most once per `limit` seconds: nothing can be overdue sooner."""
        wait = self._limit
        while not self._ending.wait(wait):
            seen = self._seen
            age = 0.0 if seen is None else self._clock() - seen
            if age >= self._limit and seen != self._told:
                self._told = seen
                self._on_stall()
            wait = self._limit - age if 0 < self._limit - age else self._limit
