"""Reads one live camera for as long as it is wanted, whatever becomes of the camera, its network and its password.

The end of a stream counts as a lost connection: that is all FFmpeg shows of a camera whose power was cut.
"""

import logging
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import av

from pipeline.capture.ffmpeg_interrupt import Interrupt
from pipeline.capture.mailbox import Closed, Mailbox
from pipeline.capture.media_time import LiveTimeline, Sampler
from pipeline.capture.pixels import to_bgr, upright_size
from pipeline.capture.sources import Source
from pipeline.capture.status import Status
from pipeline.capture.stream import Connection, Failure, NoVideo, Picture, explain
from pipeline.capture.watchdog import Watchdog
from pipeline.settings.types import CameraDefaults
from pipeline.types import CameraState, Frame

logger = logging.getLogger(__name__)

PATIENCE = 2.0
"""A stalled connection is given up after this many times `stall_seconds`."""


@dataclass(frozen=True, slots=True)
class Backoff:
    """Seconds to wait before trying again: `first`, doubling up to `longest`; `lasting` where it is likely in vain.

    Each is varied by `jitter` as a share of it, so that cameras behind one switch do not come back in step.
    """

    first: float = 0.5
    longest: float = 30.0
    lasting: float = 60.0
    jitter: float = 0.2

    def delay(self, attempt: int, failure: Failure) -> float:
        """How long to wait after the `attempt`-th failure in a row, counted from 0."""
        base = self.lasting if failure.lasting else min(self.first * 2.0 ** min(attempt, 32), self.longest)
        return base * random.uniform(1 - self.jitter, 1 + self.jitter)


class LiveReader(threading.Thread):
    """A camera's thread. It reports `ended` as its last word, and only after `stop` or when the mailbox closed."""

    def __init__(
        self,
        source: Source,
        mailbox: Mailbox,
        settings: CameraDefaults,
        *,
        backoff: Backoff | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """mailbox: one in which the camera is registered as live."""
        super().__init__(name=f"read {source.name}", daemon=True)
        self.camera, self.live = source.name, True
        self._source, self._mailbox, self._settings = source, mailbox, settings
        self._backoff, self._clock = backoff or Backoff(), clock
        self._status = Status(source.name, mailbox)
        self._watchdog = Watchdog(source.name, settings.stall_seconds, self._on_stall, clock=clock)
        self._interrupt = Interrupt()
        self._stopping = threading.Event()
        self._timeline = LiveTimeline()
        self._sampler = Sampler(settings.fps, settings.stride)
        self._index = 0

    def stop(self) -> None:
        """Ask it to end, also out of a blocked connection; returns at once."""
        self._stopping.set()
        self._interrupt.set()
        self._mailbox.release(self._source.name)

    def run(self) -> None:
        self._interrupt.bind()
        self._watchdog.start()
        self._status.change(CameraState.CONNECTING)
        try:
            self._keep_reading()
        except Closed:
            logger.debug("%s: nobody reads any more", self._source.name)
        finally:
            self._watchdog.end()
            self._watchdog.join()
            self._status.end(CameraState.ENDED, "stopped")

    def _keep_reading(self) -> None:
        attempt = -1
        while not self._stopping.is_set():
            before = self._index
            failure = self._session()
            if self._stopping.is_set():
                return
            attempt = 0 if self._index > before else attempt + 1
            self._watchdog.disarm()
            self._status.change(CameraState.FAILED if failure.lasting else CameraState.RECONNECTING, failure.reason)
            self._stopping.wait(self._backoff.delay(attempt, failure))

    def _session(self) -> Failure:
        """Connect and read until that ends; what ended it."""
        try:
            return self._read()
        except Closed:
            raise
        except Exception as error:
            if self._interrupt.expired:
                return Failure(self._overdue)
            if not isinstance(error, av.FFmpegError | OSError | NoVideo):
                logger.exception("%s: this should not happen", self._source.name)
            return explain(error)

    def _read(self) -> Failure:
        connect, stall = self._settings.connect_seconds, PATIENCE * self._settings.stall_seconds
        self._limit(connect, f"no answer within {connect:g} s")
        with Connection(self._source, (connect, max(connect, stall))) as connection:
            first = max(connect, stall)
            self._limit(first, f"connected, but no picture within {first:g} s")
            self._timeline.reconnected()
            for picture in connection.pictures():
                self._limit(stall, f"no frame for {stall:g} s")
                self._deliver(picture)
                if self._stopping.is_set():
                    break
        return Failure("the camera ended the stream")

    def _deliver(self, picture: Picture) -> None:
        """Count and time the frame; convert and hand it over only if it is wanted."""
        now = self._clock()
        index, self._index = self._index, self._index + 1
        self._watchdog.seen()
        self._status.live(*upright_size(picture.frame))
        media_time = self._timeline.next(picture.stamp, now)
        if self._sampler.wants(index, media_time):
            image = to_bgr(picture.frame)
            frame = Frame(self._source.name, index, media_time, time.time(), now, image, picture.capture_time)
            self._mailbox.put(frame)

    def _limit(self, seconds: float, reason: str) -> None:
        """Interrupt this thread unless something happens within `seconds`; `reason` if it does not."""
        self._overdue = reason
        self._interrupt.within(seconds)

    def _on_stall(self) -> None:
        self._status.stalled(f"no frame for {self._settings.stall_seconds:g} s", lambda: self._watchdog.overdue)
