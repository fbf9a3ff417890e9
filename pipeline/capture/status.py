"""Reports what becomes of a source, once per change, whoever notices it: the reader or its watchdog."""

import threading
import time
from collections.abc import Callable

from pipeline.capture.mailbox import Mailbox
from pipeline.types import CameraReport, CameraState


class Status:
    """The state of one source; every method may be called from any thread."""

    def __init__(self, camera: str, mailbox: Mailbox, *, wall: Callable[[], float] = time.time) -> None:
        self._camera, self._mailbox, self._wall = camera, mailbox, wall
        self._lock = threading.Lock()
        self._state: CameraState | None = None
        self._reason = ""
        self._size = (0, 0)

    def change(self, state: CameraState, reason: str = "") -> None:
        """Report a state, unless it was the last one reported, for the same reason."""
        with self._lock:
            if (state, reason) != (self._state, self._reason):
                self._report(state, reason)

    def live(self, width: int, height: int) -> None:
        """A frame came: report `live` if that is news, or if the size is (0 and 0 before any connection)."""
        with self._lock:
            if self._state is CameraState.LIVE and self._size == (width, height):
                return
            changed = self._state is CameraState.LIVE
            was, self._size = self._size, (width, height)
            self._report(CameraState.LIVE, f"size was {was[0]}x{was[1]}" if changed else "")

    def stalled(self, reason: str, still: Callable[[], bool]) -> None:
        """Report `stalled` if the source is live and `still()` says that no frame came in between."""
        with self._lock:
            if self._state is CameraState.LIVE and still():
                self._report(CameraState.STALLED, reason)

    def end(self, state: CameraState, reason: str) -> None:
        """The last report."""
        with self._lock:
            self._report(state, reason, final=True)

    def _report(self, state: CameraState, reason: str, *, final: bool = False) -> None:
        self._state, self._reason = state, reason
        width, height = self._size
        self._mailbox.report(CameraReport(self._camera, state, self._wall(), reason, final, width, height))
