"""Reads one recording from beginning to end without losing a frame: the mailbox makes it wait for the engine.

A start in the middle is reached by decoding, not by seeking: only so are frame numbers exact, and the same in each run.
"""

import logging
import math
import threading
import time
from collections.abc import Callable

import av

from pipeline.capture.ffmpeg_interrupt import Interrupt
from pipeline.capture.mailbox import Closed, Mailbox
from pipeline.capture.media_time import Sampler
from pipeline.capture.sources import Source
from pipeline.capture.status import Status
from pipeline.capture.stream import explain
from pipeline.capture.video_file import Extent, Footage, NotFootage, Still, open_footage
from pipeline.settings.types import CameraDefaults
from pipeline.types import CameraState, Frame

logger = logging.getLogger(__name__)


class RecordingReader(threading.Thread):
    """A recording's thread. Its last report is `ended` (the reason counts what was broken) or `failed`."""

    def __init__(
        self,
        source: Source,
        mailbox: Mailbox,
        settings: CameraDefaults,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """mailbox: one in which the recording is registered as not live."""
        super().__init__(name=f"read {source.name}", daemon=True)
        self.camera, self.live = source.name, False
        self._source, self._mailbox, self._settings, self._clock = source, mailbox, settings, clock
        self._status = Status(source.name, mailbox)
        self._sampler = Sampler(settings.fps, settings.stride)
        self._interrupt = Interrupt()
        self._delivered = 0

    def stop(self) -> None:
        """Ask it to end, also while it waits for room; returns at once."""
        self._interrupt.set()
        self._mailbox.release(self._source.name)

    def run(self) -> None:
        self._interrupt.bind()
        self._status.change(CameraState.CONNECTING)
        try:
            state, reason = self._play()
        except Closed:
            state, reason = CameraState.ENDED, "stopped"
        except Exception as error:
            if self._interrupt.stopped:
                state, reason = CameraState.ENDED, "stopped"
            else:
                if not isinstance(error, av.FFmpegError | OSError | NotFootage):
                    logger.exception("%s: this should not happen", self._source.name)
                state, reason = CameraState.FAILED, _explain(error)
        self._status.end(state, reason)

    def _play(self) -> tuple[CameraState, str]:
        """Deliver everything that is wanted; how it ended."""
        footage = open_footage(self._source)
        try:
            trouble = self._deliver_all(footage)
            reason = ", ".join(part for part in (trouble, footage.complaint()) if part)
        finally:
            footage.close()
        if self._delivered:
            return CameraState.ENDED, reason
        if self._settings.start > 0 and not reason:
            return CameraState.ENDED, f"there is nothing after {self._settings.start:g} s"
        return CameraState.FAILED, f"no picture could be read{f': {reason}' if reason else ''}"

    def _deliver_all(self, footage: Footage) -> str:
        """Hand over every wanted picture; says what broke off the reading, if anything did."""
        last = 0.0
        end = self._settings.end or math.inf
        try:
            for still in footage.stills():
                last = still.media_time
                if self._interrupt.stopped:  # the mailbox cannot tell: on the way to `start` nothing is put into it
                    raise Closed(self._source.name)
                if last >= end:
                    break
                if self._sampler.wants(still.index, last) and last >= self._settings.start:
                    self._deliver(still)
        except av.FFmpegError as error:
            if self._interrupt.stopped:
                raise
            return f"reading broke off at {last:.1f} s: {explain(error).reason}"
        return ""

    def _deliver(self, still: Still) -> None:
        image = still.image()
        if image is None:
            return
        height, width = image.shape[:2]
        self._status.live(width, height)
        self._mailbox.put(
            Frame(self._source.name, still.index, still.media_time, time.time(), self._clock(), image),
        )
        self._delivered += 1


def estimate_frames(source: Source, settings: CameraDefaults) -> int | None:
    """About how many frames a recording will deliver under these settings, from its header; None if unknown or live."""
    extent = _extent(source)
    if extent.frames is None:
        return None
    seconds = extent.seconds
    share = _wanted(seconds, settings) / seconds if seconds else 1.0
    frames = math.ceil(extent.frames * share / settings.stride)
    if settings.fps and seconds:
        frames = min(frames, math.ceil(settings.fps * _wanted(seconds, settings)))
    return max(frames, 0)


def estimate_seconds(source: Source, settings: CameraDefaults) -> float | None:
    """About how many seconds of a recording will be played under these settings; None if unknown or live."""
    seconds = _extent(source).seconds
    return None if seconds is None else _wanted(seconds, settings)


def _wanted(seconds: float, settings: CameraDefaults) -> float:
    return max(min(settings.end or seconds, seconds) - settings.start, 0.0)


def _extent(source: Source) -> Extent:
    if source.live:
        return Extent(None, None)
    try:
        footage = open_footage(source)
    except (av.FFmpegError, OSError, NotFootage) as error:
        logger.debug("%s: no estimate: %s", source.name, _explain(error))
        return Extent(None, None)
    try:
        return footage.extent()
    finally:
        footage.close()


def _explain(error: Exception) -> str:
    """Why a recording cannot be opened, without its location."""
    if isinstance(error, NotFootage):
        return f"not a video: {error}"
    if isinstance(error, av.error.InvalidDataError | av.error.EOFError):
        return "not a video, or cut off before its index"
    if isinstance(error, FileNotFoundError | av.error.HTTPNotFoundError):
        return "no such file"
    return explain(error).reason
