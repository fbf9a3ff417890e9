"""Runs the readers and hands their frames to the engine: live cameras all at once, recordings one after the other.

Reading several recordings at once would not be faster, because decoding and inference already overlap. One at a time
needs the memory of one decoder and keeps the order of events the same on every run.
"""

from collections import deque
from collections.abc import Iterable

from pipeline.capture.live_camera import LiveCamera
from pipeline.capture.mailbox import Mailbox
from pipeline.capture.open import Reader
from pipeline.reload.change import Change
from pipeline.types import CameraReport, Frame

JOIN_TIMEOUT_SECONDS = 5.0
"""How long to wait for a reader to close its source. Past that, its daemon thread is left behind."""


class Feed:
    """Starts the readers when entered as a context manager; stops and joins them on exit."""

    def __init__(self, mailbox: Mailbox, readers: Iterable[Reader]) -> None:
        """Register every reader's camera in the mailbox. Raises ValueError when two have the same name."""
        self._mailbox = mailbox
        readers = list(readers)
        self._live = [reader for reader in readers if reader.live]
        self._recordings = deque(reader for reader in readers if not reader.live)
        self._retired: list[Reader] = []
        self._running: dict[str, Reader] = {}
        for reader in readers:
            mailbox.register(reader.camera, live=reader.live)

    def __enter__(self) -> "Feed":
        for reader in self._live:
            self._start(reader)
        self._start_next_recording()
        return self

    def __exit__(self, *_: object) -> None:
        self._mailbox.close()
        readers = [*self._running.values(), *self._retired]
        for reader in readers:
            reader.stop()
        for reader in readers:
            reader.join(JOIN_TIMEOUT_SECONDS)

    @property
    def open(self) -> bool:
        """Whether more frames or reports can come."""
        return self._mailbox.open

    def add(self, reader: LiveCamera) -> None:
        """Start one more live camera. Raises ValueError when its name is in use."""
        self._mailbox.register(reader.camera, live=True)
        self._start(reader)

    def remove(self, camera: str) -> LiveCamera:
        """Stop a live camera and forget what it has put; returns at once. Raises ValueError for another name."""
        reader = self.live_camera(camera)
        del self._running[camera]
        reader.retire()
        self._mailbox.unregister(camera)
        self._retired = [*(one for one in self._retired if one.is_alive()), reader]
        return reader

    def live_camera(self, camera: str) -> LiveCamera:
        """The reader of a live camera that runs. Raises ValueError for another name."""
        reader = self._running.get(camera)
        if not isinstance(reader, LiveCamera):
            raise ValueError(f"camera {camera!r}: expected a live camera that runs")
        return reader

    def take(self, timeout: float | None) -> list[Frame | CameraReport | Change]:
        """Take from the mailbox (see Mailbox.take); when a recording has ended, start the next one."""
        items = self._mailbox.take(timeout)
        for item in items:
            if isinstance(item, CameraReport) and item.final:
                self._finish(item.camera)
        return items

    def _start(self, reader: Reader) -> None:
        self._running[reader.camera] = reader
        reader.start()

    def _finish(self, camera: str) -> None:
        reader = self._running.pop(camera, None)
        if reader is None:
            return
        reader.join(JOIN_TIMEOUT_SECONDS)
        if not reader.live:
            self._start_next_recording()

    def _start_next_recording(self) -> None:
        if self._recordings:
            self._start(self._recordings.popleft())
