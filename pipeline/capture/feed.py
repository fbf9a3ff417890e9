"""Starts readers and gives the engine what they bring: live cameras all at once, recordings one after the other.

One recording at a time is as fast as many on these machines (decoding and inference already overlap), needs one
decoder's memory, and makes the order of events the same on every run.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from pipeline.capture.mailbox import Mailbox
from pipeline.capture.open import Reader
from pipeline.types import CameraReport, Frame

# How long a reader may take to let go of its source at the end, seconds.
FAREWELL = 5.0


@dataclass(frozen=True)
class Camera:
    """A reader ready to start, and the name its frames bear."""

    name: str
    reader: Reader
    live: bool


class Feed:
    """A context manager: readers run inside it and are stopped and joined on the way out."""

    def __init__(self, mailbox: Mailbox, cameras: Iterable[Camera]) -> None:
        self._mailbox = mailbox
        cameras = list(cameras)
        self._live = [camera for camera in cameras if camera.live]
        self._recordings = deque(camera for camera in cameras if not camera.live)
        self._running: dict[str, Camera] = {}
        for camera in cameras:
            mailbox.register(camera.name, live=camera.live)

    def __enter__(self) -> "Feed":
        for camera in self._live:
            self._start(camera)
        self._next_recording()
        return self

    def __exit__(self, *_: object) -> None:
        self._mailbox.close()
        for camera in self._running.values():
            camera.reader.stop()
        for camera in self._running.values():
            camera.reader.join(FAREWELL)

    @property
    def open(self) -> bool:
        """Whether more can come."""
        return self._mailbox.open

    def take(self, timeout: float | None) -> list[Frame | CameraReport]:
        """What has come, as Mailbox.take; starts the next recording when one is through."""
        items = self._mailbox.take(timeout)
        for item in items:
            if isinstance(item, CameraReport) and item.final:
                self._through(item.camera)
        return items

    def _start(self, camera: Camera) -> None:
        self._running[camera.name] = camera
        camera.reader.start()

    def _through(self, name: str) -> None:
        camera = self._running.pop(name, None)
        if camera is None:
            return
        camera.reader.join(FAREWELL)
        if not camera.live:
            self._next_recording()

    def _next_recording(self) -> None:
        if self._recordings:
            self._start(self._recordings.popleft())
