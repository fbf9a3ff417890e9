"""Reads one recording from start to end without losing a frame: the mailbox makes it wait for the engine.

It reaches `start` by decoding, not by seeking, because only then are frame numbers exact and the same on every run.
"""

import errno
import logging
import math
import stat
import threading
import time
from collections.abc import Callable
from pathlib import Path

import av

from pipeline.capture.ffmpeg_interrupt import FFmpegInterrupt
from pipeline.capture.mailbox import Inbox, MailboxClosedError
from pipeline.capture.media_time import FrameSampler
from pipeline.capture.sources import Source
from pipeline.capture.status import CameraStatus
from pipeline.capture.stream import classify_error
from pipeline.capture.video_file import NotARecordingError, RecordedFrame, Recording, open_recording
from pipeline.capture.video_stream import UnreadableVideoError
from pipeline.settings.types import CameraDefaults
from pipeline.types import CameraState, Frame

logger = logging.getLogger(__name__)


class RecordingReader(threading.Thread):
    """The thread of one recording. Its final report is `ended` (the reason names what was skipped) or `failed`."""

    def __init__(
        self,
        source: Source,
        mailbox: Inbox,
        settings: CameraDefaults,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """mailbox: has the recording registered, as not live, before the thread starts."""
        super().__init__(name=f"read {source.name}", daemon=True)
        self.camera, self.live = source.name, False
        self._source, self._mailbox, self._settings, self._clock = source, mailbox, settings, clock
        self._status = CameraStatus(source.name, mailbox)
        self._sampler = FrameSampler(settings.fps, settings.stride)
        self._interrupt = FFmpegInterrupt()
        self._delivered = 0

    def stop(self) -> None:
        """Ask the thread to end, even while it waits for room in the mailbox; returns at once."""
        self._interrupt.set()
        self._mailbox.release(self.camera)

    def run(self) -> None:
        self._interrupt.bind()
        self._status.change(CameraState.CONNECTING)
        try:
            state, reason = self._read()
        except Exception as error:
            state, reason = self._classify(error)
        self._status.end(state, reason)

    def _read(self) -> tuple[CameraState, str]:
        """Deliver the wanted frames; returns the final state and its reason."""
        recording = open_recording(self._source, self._settings.aspect)
        try:
            error = self._deliver_all(recording)
            reason = ", ".join(part for part in (error, recording.describe_damage()) if part)
        finally:
            recording.close()
        if self._delivered:
            return CameraState.ENDED, reason
        if self._settings.start > 0 and not reason:
            return CameraState.ENDED, f"no frames after {self._settings.start:g} s"
        return CameraState.FAILED, f"no frame could be read{f': {reason}' if reason else ''}"

    def _deliver_all(self, recording: Recording) -> str:
        """Deliver the wanted frames; returns the error that ended reading early, "" if none did."""
        media_time = 0.0
        end = self._settings.end or math.inf
        try:
            for frame in recording.frames():
                media_time = frame.media_time
                if self._interrupt.is_set:  # before `start` nothing is put into the mailbox, so it cannot raise this
                    raise MailboxClosedError(self.camera)
                if media_time >= end:
                    break
                if self._sampler.accepts(frame.index, media_time) and media_time >= self._settings.start:
                    self._deliver(frame)
        except (av.FFmpegError, UnreadableVideoError) as error:
            if self._interrupt.is_set or (isinstance(error, UnreadableVideoError) and not self._delivered):
                raise
            return f"reading broke off at {media_time:.1f} s: {_reason_of_break(error, self._source)}"
        return ""

    def _deliver(self, frame: RecordedFrame) -> None:
        image = frame.read_image()
        if image is None:
            return
        height, width = image.shape[:2]
        self._status.frame_arrived(width, height)
        self._mailbox.put(Frame(self.camera, frame.index, frame.media_time, time.time(), self._clock(), image))
        self._delivered += 1

    def _classify(self, error: Exception) -> tuple[CameraState, str]:
        """Return the final state and its reason after an error."""
        if self._interrupt.is_set or isinstance(error, MailboxClosedError):
            return CameraState.ENDED, "stopped"
        if not isinstance(error, av.FFmpegError | OSError | NotARecordingError | UnreadableVideoError):
            logger.exception("%s: unexpected error while reading", self.camera, extra={"camera": self.camera})
        return CameraState.FAILED, _reason(error)


def estimate_seconds(source: Source, settings: CameraDefaults) -> float | None:
    """Estimate how many seconds of a recording will be read under these settings; None if unknown or live."""
    duration = None if source.live else _duration_seconds(source)
    if duration is None:
        return None
    return max(min(settings.end or duration, duration) - settings.start, 0.0)


def _duration_seconds(source: Source) -> float | None:
    if stat.S_ISFIFO(_mode(source)):
        return None  # opening a pipe waits for its writer, and takes what is in it
    try:
        recording = open_recording(source)
    except Exception as error:  # the reader will say what it is; an estimate ends nothing
        logger.debug("%s: unknown duration: %s", source.name, _reason(error))
        return None
    try:
        return recording.duration_seconds()
    finally:
        recording.close()


def _mode(source: Source) -> int:
    """The mode of a recording's file or folder; 0 for a glob or URL."""
    try:
        return Path(source.location).stat().st_mode if source.is_local_recording else 0
    except (OSError, ValueError):
        return 0


def _reason_of_break(error: Exception, source: Source) -> str:
    """Why reading broke off after it had begun; an input error is no question of host names then."""
    if isinstance(error, OSError) and error.errno == errno.EIO:
        return "the disk cannot read it" if source.is_local_recording else "connection lost"
    return classify_error(error).reason


def _reason(error: Exception) -> str:
    """Why a recording could not be opened, without its location."""
    if isinstance(error, NotARecordingError):
        return f"not a video: {error}"
    if isinstance(error, av.error.InvalidDataError | av.error.EOFError):
        return "not a video, or truncated before its index"
    if isinstance(error, FileNotFoundError | av.error.HTTPNotFoundError):
        return "no such file"
    return classify_error(error).reason
