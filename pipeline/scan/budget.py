"""Bounds how much time live cameras spend on whole frames, so that every camera gets its turn however busy the machine.

Searching a whole frame takes many times longer than the rest of a step. Without a bound, several cameras on a slow
machine gave so few frames that no face was ever seen three times in a row, and no track began. With it, a camera
that must wait for a whole search is searched where faces were and where something moves, and tracks go on.
"""

import threading
import time
from collections.abc import Callable

MAX_SHARE = 0.5  # of the time of each thread that whole searches may take
BURST_SECONDS = 0.25  # of whole searches, per thread, that may follow each other after a quiet time
DEBT_SECONDS = 0.5  # per thread, at most: the first search of a size opens a session and takes long once
PATIENCE_SECONDS = 0.5  # a camera that has not asked for as long has no frame, and nobody waits for it


class ScanBudget:
    """Credit of search time, which grows with the clock and is spent by whole searches. Threads may share it.

    The camera whose last whole search is longest ago comes first.
    """

    def __init__(self, threads: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._threads, self._clock, self._lock = threads, clock, threading.Lock()
        self._credit, self._counted = BURST_SECONDS * threads, clock()
        self._last: dict[str, float] = {}  # when each camera was last granted a search
        self._waiting: dict[str, float] = {}  # when each camera was last refused one

    def allows(self, camera: str) -> bool:
        """Whether this camera may search a whole frame now."""
        with self._lock:
            now = self._clock()
            self._refill(now)
            if self._credit > 0 and not self._is_anybody_before(camera, now):
                self._waiting.pop(camera, None)
                self._last[camera] = now
                return True
            self._waiting[camera] = now
            return False

    def spend(self, seconds: float) -> None:
        """Take what a whole search took; the credit may become negative, down to DEBT_SECONDS."""
        with self._lock:
            self._credit = max(self._credit - seconds, -DEBT_SECONDS * self._threads)

    def _refill(self, now: float) -> None:
        earned = MAX_SHARE * self._threads * (now - self._counted)
        self._credit = min(self._credit + earned, BURST_SECONDS * self._threads)
        self._counted = now

    def _is_anybody_before(self, camera: str, now: float) -> bool:
        """Whether a camera waits whose last whole search is longer ago than this one's."""
        own = self._last.get(camera, float("-inf"))
        waiting = [other for other, asked in self._waiting.items() if now - asked < PATIENCE_SECONDS]
        return any(self._last.get(other, float("-inf")) < own for other in waiting if other != camera)
