"""Searches whole frames of live cameras beside the engine, so that no event waits for a whole search.

Searching a whole 1080p frame takes several times longer than searching where faces are. The engine searches these
places on every frame, and asks the scout for whole frames. What the scout finds is a little old by then, and only says
where the engine is to look next.
"""

import contextlib
import logging
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from detectors.base import Detections
from pipeline.types import Frame

logger = logging.getLogger(__name__)

MOST_FAILURES = 3  # in a row, after which a search that fails ends the run
NICENESS = 5  # of the scout's thread: searches where faces are go first


@dataclass(frozen=True, slots=True)
class Scan:
    """The faces of a frame that was searched whole, in its pixels. size: its width and height."""

    media_time: float
    size: tuple[int, int]
    found: Detections


class Scout:
    """One thread that searches whole frames, always of the camera whose last scan is longest ago."""

    def __init__(self, search: Callable[[Frame], Detections], *, share: float = 1.0) -> None:
        """search: for the scout's thread alone. The thread starts with the first request.

        share: of one core that searches may take; between them the scout rests.
        """
        self._search, self._share = search, share
        self._changed = threading.Condition()
        self._asked: dict[str, Frame] = {}  # the newest frame of each camera that waits
        self._done: dict[str, Scan] = {}
        self._served: list[str] = []  # cameras, the latest last
        self._busy = ""
        self._failures = 0  # in a row
        self._failure: Exception | None = None
        self._closed = False
        self._thread: threading.Thread | None = None

    def ask(self, frame: Frame) -> None:
        """Ask for a search of this frame, in place of an older one of its camera that still waits.

        While a frame of the camera is searched, or a result waits for `take`, nothing is asked.
        """
        with self._changed:
            if self._closed or frame.camera == self._busy or frame.camera in self._done:
                return
            self._asked[frame.camera] = frame
            self._changed.notify_all()
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="scout", daemon=True)
                self._thread.start()

    def take(self, camera: str) -> Scan | None:
        """The newest scan of a camera, once. Raises what a search raised, after MOST_FAILURES in a row."""
        with self._changed:
            if self._failure:
                raise self._failure
            return self._done.pop(camera, None)

    def close(self) -> None:
        """End the thread after the search it is in."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        if self._thread:
            self._thread.join()

    def _run(self) -> None:
        _yield_to_others()
        while (frame := self._next()) is not None:
            elapsed, processor = time.monotonic(), time.thread_time()
            try:
                found = self._search(frame)
            except Exception as error:
                if self._gives_up(frame, error):
                    return
                continue
            self._failures = 0
            with self._changed:
                self._busy = ""
                self._done[frame.camera] = Scan(frame.media_time, frame.size, found)
            del frame
            self._rest((time.thread_time() - processor) / self._share - (time.monotonic() - elapsed))

    def _gives_up(self, frame: Frame, error: Exception) -> bool:
        """Log a search that failed: it only says where to look. Several in a row are a fault that must be seen."""
        logger.error("%s: a whole search failed: %s", frame.camera, error, extra={"camera": frame.camera})
        self._failures += 1
        with self._changed:
            self._busy = ""
            self._failure = error if self._failures >= MOST_FAILURES else None
            return self._failure is not None

    def _rest(self, seconds: float) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._closed, max(0.0, seconds))

    def _next(self) -> Frame | None:
        """Wait for a request; None when closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._asked or self._closed)
            if self._closed:
                return None
            camera = min(self._asked, key=self._turn)
            if camera in self._served:
                self._served.remove(camera)
            self._served.append(camera)
            self._busy = camera
            return self._asked.pop(camera)

    def _turn(self, camera: str) -> int:
        """Its place in the order of last scans; -1 where it had none."""
        return self._served.index(camera) if camera in self._served else -1


def _yield_to_others() -> None:
    """Lower the priority of this thread, where the system has one for each thread (Linux)."""
    if hasattr(os, "setpriority") and hasattr(threading, "get_native_id") and os.uname().sysname == "Linux":
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)
