"""A live camera as one reader: the stream that faces are found in, and the main stream beside a sub-stream."""

from collections.abc import Sequence

from pipeline.capture.camera_inbox import CameraInbox
from pipeline.capture.live import LiveReader
from pipeline.capture.media_time import LiveMediaTime
from pipeline.settings.types import CameraSettings


class LiveCamera:
    """Implements `Reader`. readers: with the inbox of each; the first one's stream is that of the frames."""

    live = True

    def __init__(self, readers: Sequence[tuple[LiveReader, CameraInbox]]) -> None:
        self.camera = readers[0][0].camera
        self._readers = [reader for reader, _ in readers]
        self._inboxes = [inbox for _, inbox in readers]

    @property
    def media_time(self) -> LiveMediaTime:
        """A copy of the clock, for a reader that goes on where this one stopped."""
        return self._readers[0].media_time

    def configure(self, camera: CameraSettings) -> None:
        """Take up masks, and how many frames to process, with the next frame."""
        for inbox in self._inboxes:
            inbox.masks = camera.masks
        for reader in self._readers:
            reader.choose_frames(camera.fps, camera.stride)

    def start(self) -> None:
        for reader in self._readers:
            reader.start()

    def stop(self) -> None:
        for reader in self._readers:
            reader.stop()

    def retire(self) -> None:
        """Stop, and let nothing more pass: no frame, and no report of the end."""
        for inbox in self._inboxes:
            inbox.close()
        self.stop()

    def join(self, timeout: float | None = None) -> None:
        for reader in self._readers:
            reader.join(timeout)

    def is_alive(self) -> bool:
        return any(reader.is_alive() for reader in self._readers)
