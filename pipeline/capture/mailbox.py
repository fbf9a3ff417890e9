"""The only queue in Glimpse, between the readers and the engine, and so the only place that could fill, lag or lock up.

Live cameras have one slot in which the newest frame wins; recordings wait for room, so they lose nothing. Reports
share each camera's line with its frames: an engine never sees a frame of a connection before the report that opened it.
"""

import threading
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from pipeline.types import CameraReport, Frame

ROOM = 2
"""Frames a recording may be ahead: one in the engine's hands, one ready, so decoding and inference overlap."""


class Closed(Exception):
    """Nobody will take this frame any more: the mailbox was closed, or the camera released."""


@dataclass(slots=True)
class _Line:
    """What waits for the engine from one camera, oldest first; `frames` counts the frames among it."""

    live: bool
    waiting: deque[Frame | CameraReport] = field(default_factory=deque)
    frames: int = 0
    dropped: int = 0
    taken: int = 0
    released: bool = False
    done: bool = False

    def replace(self, frame: Frame) -> None:
        """Add the newest frame, dropping the one nobody took, which may stand before later reports."""
        if self.frames:
            kept = [item for item in self.waiting if isinstance(item, CameraReport)]
            self.waiting = deque(kept)
            self.dropped += 1
        self.waiting.append(frame)
        self.frames = 1

    def append(self, frame: Frame) -> None:
        self.waiting.append(frame)
        self.frames += 1

    def pop(self) -> Iterator[Frame | CameraReport]:
        """Everything up to the second frame."""
        seen = False
        while self.waiting and not (seen and isinstance(self.waiting[0], Frame)):
            item = self.waiting.popleft()
            if isinstance(item, Frame):
                seen = True
                self.frames -= 1
                self.taken += 1
            else:
                self.done |= item.final
            yield item


class Mailbox:
    """Many readers put, one engine takes. Every method may be called from any thread."""

    def __init__(self, *, room: int = ROOM) -> None:
        if room < 1:
            raise ValueError(f"room: expected at least 1 frame, got {room}")
        self._room = room
        self._lines: dict[str, _Line] = {}
        self._changed = threading.Condition()
        self._closed = False

    def register(self, camera: str, *, live: bool) -> None:
        """Open a line for a camera; raises ValueError when its name is in use."""
        with self._changed:
            if camera in self._lines:
                raise ValueError(f"camera {camera!r}: expected a name of its own, it is in use")
            self._lines[camera] = _Line(live)

    def put(self, frame: Frame) -> None:
        """Hand over a frame. Live: returns at once. Recorded: waits for room. Raises Closed when nobody wants it."""
        with self._changed:
            line = self._line(frame.camera)
            if not line.live:
                self._changed.wait_for(lambda: line.frames < self._room or line.released or self._closed)
            if line.released or self._closed:
                raise Closed(frame.camera)
            if line.live:
                line.replace(frame)
            else:
                line.append(frame)
            self._changed.notify_all()

    def report(self, report: CameraReport) -> None:
        """Hand over a change of state; it is never dropped, not even after `close` or `release`."""
        with self._changed:
            self._line(report.camera).waiting.append(report)
            self._changed.notify_all()

    def take(self, timeout: float | None) -> list[Frame | CameraReport]:
        """Wait until something is there; [] after `timeout` seconds (None: no limit), or when nothing more can come.

        Cameras come in the order of registration, each with at most one frame and with the reports around it, in order.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._any_waiting() or not self._open(), timeout)
            items = [item for line in self._lines.values() for item in line.pop()]
            if items:
                self._changed.notify_all()
            return items

    def release(self, camera: str) -> None:
        """Let go of a reader that waits for room, and refuse its further frames; those already here stay."""
        with self._changed:
            self._line(camera).released = True
            self._changed.notify_all()

    def close(self) -> None:
        """Refuse further frames and wake everyone; what is waiting can still be taken."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def dropped(self, camera: str) -> int:
        """Frames of a live camera that a newer one replaced before the engine took them."""
        with self._changed:
            return self._line(camera).dropped

    def taken(self, camera: str) -> int:
        """Frames of this camera the engine took."""
        with self._changed:
            return self._line(camera).taken

    @property
    def open(self) -> bool:
        """Whether frames can still come: not closed, and a registered camera's final report is still to be taken."""
        with self._changed:
            return self._open()

    def _open(self) -> bool:
        return not self._closed and any(not line.done for line in self._lines.values())

    def _any_waiting(self) -> bool:
        return any(line.waiting for line in self._lines.values())

    def _line(self, camera: str) -> _Line:
        try:
            return self._lines[camera]
        except KeyError:
            known = ", ".join(self._lines) or "none"
            raise ValueError(f"camera {camera!r}: expected a registered name ({known})") from None
