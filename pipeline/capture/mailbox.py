"""The queue between the readers and the engine.

A live camera holds one frame: a newer one replaces it. A recording waits for room, so that no frame is lost. Reports
share a queue with the frames of their camera, so the engine gets the report of a connection before its first frame.
"""

import threading
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

from pipeline.reload.change import Change
from pipeline.types import CameraReport, Frame

MAILBOX_FRAMES = 2
"""Frames of a recording that may wait for the engine; more than one lets decoding and inference overlap."""


class MailboxClosedError(Exception):
    """The frame was refused: the mailbox is closed, or its camera was released."""


class Inbox(Protocol):
    """Where a live camera's reader puts what it reads."""

    def put(self, frame: Frame) -> None: ...

    def report(self, report: CameraReport) -> None: ...

    def release(self, camera: str) -> None: ...


@dataclass(slots=True)
class _CameraQueue:
    """What one camera has put and the engine has not taken, oldest first; `frame_count` counts the frames in it."""

    live: bool
    items: deque[Frame | CameraReport] = field(default_factory=deque)
    frame_count: int = 0
    dropped: int = 0
    taken: int = 0
    released: bool = False
    finished: bool = False

    def append(self, frame: Frame) -> None:
        self.items.append(frame)
        self.frame_count += 1

    def replace(self, frame: Frame) -> None:
        """Append the newest frame and drop the waiting one, which may stand before reports that came later."""
        if self.frame_count:
            self.items = deque(item for item in self.items if isinstance(item, CameraReport))
            self.frame_count = 0
            self.dropped += 1
        self.append(frame)

    def pop(self) -> Iterator[Frame | CameraReport]:
        """Remove and yield everything up to the second frame."""
        frame_popped = False
        while self.items and not (frame_popped and isinstance(self.items[0], Frame)):
            item = self.items.popleft()
            if isinstance(item, Frame):
                frame_popped = True
                self.frame_count -= 1
                self.taken += 1
            else:
                self.finished |= item.final
            yield item


class Mailbox:
    """Takes frames and reports from many readers and gives them to one engine. All methods are thread-safe."""

    def __init__(self, *, max_frames: int = MAILBOX_FRAMES, keep_open: bool = False) -> None:
        """max_frames: how many frames of each recording may wait.  keep_open: open even while no camera is left."""
        if max_frames < 1:
            raise ValueError(f"max_frames: expected at least 1, got {max_frames}")
        self._max_frames = max_frames
        self._keep_open = keep_open
        self._changes: deque[Change] = deque()
        self._queues: dict[str, _CameraQueue] = {}
        self._changed = threading.Condition()
        self._closed = False

    def register(self, camera: str, *, live: bool) -> None:
        """Open a queue for a camera. Raises ValueError when the name is in use."""
        with self._changed:
            if camera in self._queues:
                raise ValueError(f"camera {camera!r}: expected a unique name, this one is in use")
            self._queues[camera] = _CameraQueue(live)

    def unregister(self, camera: str) -> None:
        """Forget a camera and what it has put; its reader must put nothing more. Raises ValueError for another name."""
        with self._changed:
            self._queue(camera)
            del self._queues[camera]

    def post(self, change: Change) -> None:
        """Queue a change for the engine; it comes after everything that was put before."""
        with self._changed:
            self._changes.append(change)
            self._changed.notify_all()

    def put(self, frame: Frame) -> None:
        """Queue a frame; returns at once for a live camera, waits for room for a recording.

        Raises MailboxClosedError when the engine takes no more frames of this camera.
        """
        with self._changed:
            queue = self._queue(frame.camera)
            if not queue.live:
                self._changed.wait_for(lambda: self._accepts_without_waiting(queue))
            if queue.released or self._closed:
                raise MailboxClosedError(frame.camera)
            if queue.live:
                queue.replace(frame)
            else:
                queue.append(frame)
            self._changed.notify_all()

    def report(self, report: CameraReport) -> None:
        """Queue a change of state. Reports are never dropped, not even after `close` or `release`."""
        with self._changed:
            self._queue(report.camera).items.append(report)
            self._changed.notify_all()

    def take(self, timeout: float | None) -> list[Frame | CameraReport | Change]:
        """Wait for items and return them; [] after `timeout` seconds (None: no limit), or when nothing more can come.

        Cameras come in the order of registration, each with at most one frame and the reports around it, in order.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._any_items() or not self._is_open(), timeout)
            items: list[Frame | CameraReport | Change] = []
            items += [item for queue in self._queues.values() for item in queue.pop()]
            while self._changes:
                items.append(self._changes.popleft())
            if items:
                self._changed.notify_all()
            return items

    def release(self, camera: str) -> None:
        """Refuse further frames of a camera and wake its reader; frames already queued stay."""
        with self._changed:
            self._queue(camera).released = True
            self._changed.notify_all()

    def close(self) -> None:
        """Refuse further frames of all cameras and wake every thread; what is queued can still be taken."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def dropped(self, camera: str) -> int:
        """Number of frames of a live camera that a newer one replaced before the engine took them."""
        with self._changed:
            return self._queue(camera).dropped

    def taken(self, camera: str) -> int:
        """Number of frames of a camera that the engine took."""
        with self._changed:
            return self._queue(camera).taken

    @property
    def open(self) -> bool:
        """Whether more can come: not closed, and the final report of at least one camera has not been taken."""
        with self._changed:
            return self._is_open()

    def _accepts_without_waiting(self, queue: _CameraQueue) -> bool:
        return queue.frame_count < self._max_frames or queue.released or self._closed

    def _is_open(self) -> bool:
        return not self._closed and (self._keep_open or any(not queue.finished for queue in self._queues.values()))

    def _any_items(self) -> bool:
        return bool(self._changes) or any(queue.items for queue in self._queues.values())

    def _queue(self, camera: str) -> _CameraQueue:
        try:
            return self._queues[camera]
        except KeyError:
            known = ", ".join(self._queues) or "none"
            raise ValueError(f"camera {camera!r}: expected a registered name ({known})") from None
