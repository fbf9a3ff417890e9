"""The newest pictures of a camera's main stream, while faces are found in its sub-stream.

It stands where the mailbox stands for other readers. Pictures are not converted until a face is cut from one.
"""

import logging
import threading
from collections import deque

from pipeline.types import CameraReport, CameraState, Frame

KEEP_PICTURES = 4
MAX_SECONDS_APART = 0.5  # between a picture and the frame of the sub-stream that asks for it

logger = logging.getLogger(__name__)


class MainStream:
    """Filled by the reader of the main stream, read by the engine. All methods are thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pictures: deque[Frame] = deque(maxlen=KEEP_PICTURES)

    def put(self, frame: Frame) -> None:
        """Keep a picture; the oldest one goes."""
        with self._lock:
            self._pictures.append(frame)

    def report(self, report: CameraReport) -> None:
        """Forget the pictures of a stream that broke off, and say so; faces are then cut from the sub-stream."""
        if report.state is CameraState.LIVE:
            return
        with self._lock:
            self._pictures.clear()
        if report.state is not CameraState.CONNECTING and not report.final:
            logger.warning(
                "%s: main stream %s: %s",
                report.camera,
                report.state.value,
                report.reason,
                extra={"camera": report.camera},
            )

    def release(self, camera: str) -> None:
        """Nothing waits here."""

    def nearest(self, frame: Frame) -> Frame | None:
        """The picture taken nearest to this frame of the sub-stream; None where none is near enough.

        By the camera's own clock where both streams send it, otherwise by arrival.
        """
        with self._lock:
            pictures = list(self._pictures)
        near = [(_seconds_apart(picture, frame), number) for number, picture in enumerate(pictures)]
        apart, number = min(near, default=(MAX_SECONDS_APART, -1))
        return pictures[number] if apart < MAX_SECONDS_APART else None


def _seconds_apart(picture: Frame, frame: Frame) -> float:
    if picture.capture_time is not None and frame.capture_time is not None:
        return abs(picture.capture_time - frame.capture_time)
    return abs(picture.monotonic_time - frame.monotonic_time)
