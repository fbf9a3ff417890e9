"""Reads one live camera until it is stopped, and reconnects whenever the connection fails.

The end of a stream counts as a lost connection, because FFmpeg shows a camera that lost power in the same way.
"""

import copy
import logging
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import av

from pipeline.capture.connection_limits import ConnectionLimits
from pipeline.capture.ffmpeg_interrupt import FFmpegInterrupt
from pipeline.capture.mailbox import Inbox, MailboxClosedError
from pipeline.capture.media_time import FrameSampler, LiveMediaTime
from pipeline.capture.pixels import DecodedPicture, upright_size
from pipeline.capture.redirects import RedirectError, WrongLoginError
from pipeline.capture.sources import Source
from pipeline.capture.status import CameraStatus
from pipeline.capture.stream import Failure, PacketFilm, Stream, StreamFrame, classify_error
from pipeline.capture.video_stream import NoVideoError
from pipeline.capture.watchdog import Watchdog
from pipeline.settings.types import CameraDefaults
from pipeline.types import CameraState, Frame, Picture

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Backoff:
    """How long to wait before the next attempt to connect.

    The wait doubles from `initial_seconds` up to `max_seconds`; it is `persistent_seconds` after a persistent failure.
    Each wait varies by the share `jitter` in both directions, so that cameras behind one switch reconnect apart.
    """

    initial_seconds: float = 0.5
    max_seconds: float = 30.0
    persistent_seconds: float = 60.0
    jitter: float = 0.2

    def delay(self, attempt: int, failure: Failure) -> float:
        """Seconds to wait after the `attempt`-th failure in a row, counted from 0."""
        growing = min(self.initial_seconds * 2.0 ** min(attempt, 32), self.max_seconds)
        delay = self.persistent_seconds if failure.persistent else growing
        return delay * random.uniform(1 - self.jitter, 1 + self.jitter)


class LiveReader(threading.Thread):
    """The thread of one camera. Its final report is `ended`, after `stop` or when the mailbox was closed."""

    def __init__(
        self,
        source: Source,
        mailbox: Inbox,
        settings: CameraDefaults,
        *,
        backoff: Backoff | None = None,
        media_time: LiveMediaTime | None = None,
        film: PacketFilm | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """mailbox: has the camera registered as live before the thread starts.

        media_time: goes on with the clock of an earlier reader of this camera.  film: gets every packet.
        """
        super().__init__(name=f"read {source.name}", daemon=True)
        self.camera, self.live = source.name, True
        self._source, self._mailbox, self._settings = source, mailbox, settings
        self._backoff, self._clock = backoff or Backoff(), clock
        self._status = CameraStatus(source.name, mailbox)
        self._watchdog = Watchdog(source.name, settings.stall_seconds, self._report_stall, clock=clock)
        self._film = film
        self._interrupt = FFmpegInterrupt()
        self._limits = ConnectionLimits(settings, self._interrupt, clock=clock)
        self._stopping = threading.Event()
        self._media_time = media_time or LiveMediaTime()
        self._sampler = FrameSampler(settings.fps, settings.stride)
        self._frame_count = 0
        self._known_form = ("", 0, 0)  # pixel format, width and height of frames that can be converted

    def stop(self) -> None:
        """Ask the thread to end, even while it is blocked in a connection; returns at once."""
        self._stopping.set()
        self._interrupt.set()
        self._mailbox.release(self.camera)

    @property
    def media_time(self) -> LiveMediaTime:
        """A copy of the clock."""
        return copy.deepcopy(self._media_time)

    def choose_frames(self, fps: float, stride: int) -> None:
        """Process other frames from the next one on; another thread may call it."""
        self._sampler = FrameSampler(fps, stride)

    def run(self) -> None:
        self._interrupt.bind()
        self._watchdog.start()
        self._status.change(CameraState.CONNECTING)
        try:
            self._read_and_reconnect()
        except MailboxClosedError:
            logger.debug("%s: the mailbox is closed", self.camera)
        finally:
            self._watchdog.stop()
            self._watchdog.join()
            self._status.end(CameraState.ENDED, "stopped")

    def _read_and_reconnect(self) -> None:
        attempt = -1
        while not self._stopping.is_set():
            frames_before = self._frame_count
            failure = self._read_connection()
            if self._stopping.is_set():
                return
            attempt = 0 if self._frame_count > frames_before else attempt + 1
            self._watchdog.disarm()
            state = CameraState.FAILED if failure.persistent else CameraState.RECONNECTING
            self._status.change(state, failure.reason)
            self._stopping.wait(self._backoff.delay(attempt, failure))

    def _read_connection(self) -> Failure:
        """Connect and read until the connection fails; returns why it did."""
        try:
            return self._connect_and_read()
        except MailboxClosedError:
            raise
        except Exception as error:
            if self._interrupt.expired:
                return Failure(self._limits.reason)
            if not isinstance(error, av.FFmpegError | OSError | NoVideoError | RedirectError | WrongLoginError):
                logger.exception("%s: unexpected error while reading", self.camera, extra={"camera": self.camera})
            return classify_error(error)

    def _connect_and_read(self) -> Failure:
        limits = self._limits
        limits.start_connecting()
        with Stream(
            self._source,
            open_timeout=limits.connect_seconds,
            read_timeout=limits.first_packet_seconds,
            decode=self._settings.decode,
            give_up=lambda: self._interrupt.is_set or self._interrupt.expired,
            aspect=self._settings.aspect,
            film=self._film,
        ) as stream:
            limits.connected()
            self._media_time.reconnect()
            for stream_frame in stream.frames(self._packet_arrived):
                limits.frame_arrived()
                self._deliver(stream_frame)
                if self._stopping.is_set():
                    break
        return Failure("the camera ended the stream")

    def _packet_arrived(self) -> bool:
        """Return whether the packet came in time. Raises TimeoutError after a limit was passed."""
        in_time = self._limits.packet_arrived()
        self._watchdog.packet_arrived()
        return in_time

    def _deliver(self, stream_frame: StreamFrame) -> None:
        """Number and time a frame; put it into the mailbox only if the sampler accepts it."""
        arrival = self._clock()
        index, self._frame_count = self._frame_count, self._frame_count + 1
        self._watchdog.frame_arrived()
        self._status.frame_arrived(*upright_size(stream_frame.frame, stream_frame.pixel_aspect))
        media_time = self._media_time.advance(stream_frame.timestamp, arrival)
        if self._sampler.accepts(index, media_time):
            picture = self._picture(stream_frame)
            capture_time = stream_frame.capture_time
            self._mailbox.put(Frame(self.camera, index, media_time, time.time(), arrival, picture, capture_time))

    def _picture(self, stream_frame: StreamFrame) -> Picture:
        """Raises here, in the camera's own thread, where frames of this format cannot be converted."""
        frame = stream_frame.frame
        form = (frame.format.name, frame.width, frame.height)
        if form != self._known_form:
            _ = DecodedPicture(frame).image
            self._known_form = form
        return DecodedPicture(frame, stream_frame.pixel_aspect)

    def _report_stall(self) -> None:
        reason = f"no frame for {self._settings.stall_seconds:g} s"
        self._status.report_stall(reason, lambda: self._watchdog.overdue)
