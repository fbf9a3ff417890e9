"""Reports each change in the state of a source once, whether its reader or its watchdog notices it."""

import threading
import time
from collections.abc import Callable

from pipeline.capture.mailbox import Inbox
from pipeline.types import CameraReport, CameraState


class CameraStatus:
    """The state of one source. All methods are thread-safe."""

    def __init__(self, camera: str, mailbox: Inbox, *, wall_clock: Callable[[], float] = time.time) -> None:
        self._camera, self._mailbox, self._wall_clock = camera, mailbox, wall_clock
        self._lock = threading.Lock()
        self._state: CameraState | None = None
        self._reason = ""
        self._size = (0, 0)

    def change(self, state: CameraState, reason: str = "") -> None:
        """Report a state, unless the last report has the same state and reason."""
        with self._lock:
            if (state, reason) != (self._state, self._reason):
                self._report(state, reason)

    def frame_arrived(self, width: int, height: int) -> None:
        """Report `live` if the source was not live, or if the size of its frames (pixels) has changed."""
        with self._lock:
            was_live, old_size = self._state is CameraState.LIVE, self._size
            if was_live and old_size == (width, height):
                return
            self._size = (width, height)
            self._report(CameraState.LIVE, f"size was {old_size[0]}x{old_size[1]}" if was_live else "")

    def report_stall(self, reason: str, is_overdue: Callable[[], bool]) -> None:
        """Report `stalled` if the source is live and no frame has arrived in between, as `is_overdue` says."""
        with self._lock:
            if self._state is CameraState.LIVE and is_overdue():
                self._report(CameraState.STALLED, reason)

    def end(self, state: CameraState, reason: str) -> None:
        """Send the final report."""
        with self._lock:
            self._report(state, reason, final=True)

    def _report(self, state: CameraState, reason: str, *, final: bool = False) -> None:
        self._state, self._reason = state, reason
        width, height = self._size
        self._mailbox.report(CameraReport(self._camera, state, self._wall_clock(), reason, final, width, height))
