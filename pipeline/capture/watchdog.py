"""Notices that a camera has stalled while its reader is blocked inside FFmpeg."""

import threading
import time
from collections.abc import Callable


class Watchdog(threading.Thread):
    """Calls `on_stall` once each time nothing arrives for `stall_seconds`, from a thread of its own."""

    def __init__(
        self,
        camera: str,
        stall_seconds: float,
        on_stall: Callable[[], None],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(name=f"watch {camera}", daemon=True)
        self._stall_seconds, self._on_stall, self._clock = stall_seconds, on_stall, clock
        self._last_arrival: float | None = None
        self._last_reported: float | None = None
        self._stopping = threading.Event()

    def frame_arrived(self) -> None:
        """Measure from now on how long the next frame takes."""
        self._last_arrival = self._clock()

    def packet_arrived(self) -> None:
        """Measure from now on, if a frame is expected: packets come, and pictures with the next key frame."""
        if self._last_arrival is not None:
            self._last_arrival = self._clock()

    def disarm(self) -> None:
        """Expect no frame until the next one has arrived."""
        self._last_arrival = None

    @property
    def overdue(self) -> bool:
        last_arrival = self._last_arrival
        return last_arrival is not None and self._clock() - last_arrival >= self._stall_seconds

    def stop(self) -> None:
        self._stopping.set()

    def run(self) -> None:
        wait_seconds = self._stall_seconds
        while not self._stopping.wait(wait_seconds):
            wait_seconds = self.check()

    def check(self) -> float:
        """Report a stall that is new; returns the seconds until the next one is possible."""
        last_arrival = self._last_arrival
        age = 0.0 if last_arrival is None else self._clock() - last_arrival
        if age < self._stall_seconds:
            return self._stall_seconds - age
        if last_arrival != self._last_reported:
            self._last_reported = last_arrival
            self._on_stall()
        return self._stall_seconds
