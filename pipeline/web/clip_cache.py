"""Clips for browsers, which ask for a film part by part: cut once, a few at a time, and deleted soon after."""

import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Hashable
from pathlib import Path

MOST_AT_ONCE = 2
MOST_KEPT = 8
KEEP_SECONDS = 120.0


class BusyError(Exception):
    """So many clips are being cut already."""


class ClipCache:
    """Several threads may ask. The folder is private, made when it is needed first, and deleted by `close`."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._places = threading.BoundedSemaphore(MOST_AT_ONCE)
        self._folder: Path | None = None
        self._kept: dict[Hashable, tuple[Path, float]] = {}
        self._count = 0

    def get(self, key: Hashable, cut: Callable[[Path], object]) -> Path:
        """The clip of a key; cut, where there is none. cut: writes it to a path, and may raise.

        Raises BusyError where MOST_AT_ONCE are being cut, so that nobody waits in a thread of the server.
        """
        with self._lock:
            self._forget()
            found = self._kept.get(key)
        return found[0] if found else self._cut(key, cut)

    def close(self) -> None:
        """Delete all clips."""
        with self._lock:
            self._kept.clear()
            if self._folder:
                shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    def _cut(self, key: Hashable, cut: Callable[[Path], object]) -> Path:
        if not self._places.acquire(blocking=False):
            raise BusyError
        try:
            target = self._new_path()
            cut(target)
            with self._lock:
                self._kept[key] = (target, self._clock())
            return target
        finally:
            self._places.release()

    def _new_path(self) -> Path:
        with self._lock:
            self._folder = self._folder or Path(tempfile.mkdtemp(prefix="glimpse-clips-"))
            self._count += 1
            return self._folder / f"{self._count}.mp4"

    def _forget(self) -> None:
        """Delete clips that are old, and the oldest where there are too many."""
        now = self._clock()
        for number, (key, (path, at)) in enumerate(reversed(list(self._kept.items()))):
            if number >= MOST_KEPT or now - at > KEEP_SECONDS:
                path.unlink(missing_ok=True)
                del self._kept[key]
