"""Recordings as a line of pictures: a video file, or a folder of pictures played at a fixed rate.

A picture is converted (of a folder: read) only when its `image` is called, so that frames nobody wants cost little.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

import av
import cv2
import numpy as np
from av.container import InputContainer
from av.stream import Disposition
from av.video.stream import VideoStream

from detectors.arrays import Image
from pipeline.capture.media_time import RecordedTimeline
from pipeline.capture.pixels import to_bgr
from pipeline.capture.sources import Source, SourceKind, list_images

IMAGE_RATE = 10.0
"""Pictures of a folder count as this many a second."""

WEB_TIMEOUT = 30.0
"""Seconds a web server may keep a recording waiting."""


@dataclass(frozen=True, slots=True)
class Still:
    """One picture: where it stands, and how to get it as read-only BGR (None if it cannot be read)."""

    index: int
    media_time: float
    image: Callable[[], Image | None]


@dataclass(frozen=True, slots=True)
class Extent:
    """What a recording's header promises; None where it does not say."""

    frames: int | None
    seconds: float | None


class Footage(Protocol):
    """An open recording."""

    def extent(self) -> Extent: ...

    def stills(self) -> Iterator[Still]:
        """Every picture that decodes, in order; may raise av.FFmpegError part way."""
        ...

    def complaint(self) -> str:
        """What was wrong with what has been read so far; empty if nothing."""
        ...

    def close(self) -> None: ...


class NotFootage(Exception):
    """What was opened holds no pictures; the message says what it is instead."""


def open_footage(source: Source) -> Footage:
    """Open a recording. Raises av.FFmpegError, OSError or NotFootage."""
    return Folder(source.location) if source.kind is SourceKind.IMAGES else VideoFile(source.location)


class VideoFile:
    """Any file FFmpeg reads. Decoded in two frame threads: unlike slice threads they give the same pictures each time,
    also of broken files."""

    def __init__(self, location: str) -> None:
        web = "://" in location
        # FFmpeg takes what stands before a colon for a protocol; no absolute path begins so, but `10:30.mp4` does.
        place = location if web else os.path.abspath(location)
        self._container: InputContainer = av.open(place, timeout=WEB_TIMEOUT if web else None)
        self._stream = _first_video(self._container)
        self._stream.thread_type = "FRAME"
        self._stream.codec_context.thread_count = 2
        self._decoded = self._broken = 0
        self._complete = False

    def extent(self) -> Extent:
        stream, rate = self._stream, self._rate
        seconds = float(stream.duration * stream.time_base) if stream.duration and stream.time_base else None
        if seconds is None and self._container.duration:
            seconds = self._container.duration / av.time_base
        if stream.frames:
            return Extent(stream.frames, seconds or (stream.frames / rate if rate else None))
        return Extent(round(seconds * rate) if seconds and rate else None, seconds)

    def stills(self) -> Iterator[Still]:
        timeline = RecordedTimeline(self._rate)
        for frame in self._frames():
            if frame.is_corrupt:
                self._broken += 1
                continue
            index, self._decoded = self._decoded, self._decoded + 1
            yield Still(index, timeline.next(frame.time), partial(to_bgr, frame))
        self._complete = True

    def _frames(self) -> Iterator[av.VideoFrame]:
        for packet in self._container.demux(self._stream):
            try:
                yield from packet.decode()
            except av.error.InvalidDataError:
                self._broken += 1

    def complaint(self) -> str:
        found, promised = self._decoded + self._broken, self._stream.frames
        parts = [_count(self._broken, "broken frame") + " left out"] if self._broken else []
        # Edit lists hide a few frames of sound files; a real cut takes more.
        if self._complete and promised - found > max(2, promised // 50):
            parts.append(f"the file is cut off: {found} of {promised} frames are there")
        return ", ".join(parts)

    def close(self) -> None:
        self._container.close()

    @property
    def _rate(self) -> float:
        return float(self._stream.average_rate or self._stream.guessed_rate or 0)


class Folder:
    """Pictures in natural order, of any sizes."""

    def __init__(self, location: str) -> None:
        self._paths = list_images(location)
        self._unread = 0
        if not self._paths:
            raise NotFootage("there are no pictures")

    def extent(self) -> Extent:
        return Extent(len(self._paths), len(self._paths) / IMAGE_RATE)

    def stills(self) -> Iterator[Still]:
        for index, path in enumerate(self._paths):
            yield Still(index, index / IMAGE_RATE, partial(self._read, path))

    def complaint(self) -> str:
        return _count(self._unread, "unreadable picture") + " left out" if self._unread else ""

    def close(self) -> None:
        """Nothing stays open between two pictures."""

    def _read(self, path: Path) -> Image | None:
        """Decode one picture, upright as its EXIF says."""
        try:
            data = np.fromfile(path, np.uint8)
            image = cv2.imdecode(data, cv2.IMREAD_COLOR) if len(data) else None
        except (OSError, cv2.error):
            image = None
        if image is None:
            self._unread += 1
            return None
        bgr = np.asarray(image, np.uint8)
        bgr.flags.writeable = False
        return bgr


def _first_video(container: InputContainer) -> VideoStream:
    """The first stream with moving pictures; the cover of a song is none."""
    for stream in container.streams.video:
        if not stream.disposition & Disposition.attached_pic:
            return stream
    reason = "it has sound only" if container.streams.audio else "it has no pictures"
    container.close()
    raise NotFootage(reason)


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"
