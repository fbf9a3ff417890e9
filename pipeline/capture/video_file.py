"""Opens recordings: a video file, or a folder of images played at a fixed rate.

A frame is converted (an image of a folder: read) only when its `read_image` is called, so skipped frames cost little.
"""

import logging
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

import av
from av.container import InputContainer
from av.format import Flags as FormatFlags
from av.video.stream import VideoStream

from detectors.arrays import Image
from detectors.pictures import PictureError
from pipeline.capture.best_effort import best_stamps
from pipeline.capture.frame_rate import stated_fps
from pipeline.capture.geometry import PixelAspect
from pipeline.capture.picture_file import read_source_picture
from pipeline.capture.pixels import to_bgr
from pipeline.capture.recorded_time import RecordedMediaTime
from pipeline.capture.sources import Source, SourceKind, list_images
from pipeline.capture.video_stream import (
    DECODER_OPTIONS,
    NoVideoError,
    UnreadableVideoError,
    choose_video_stream,
    decode_packet,
    find_empty_streams,
)
from pipeline.secrets.redact import redact

logger = logging.getLogger(__name__)

IMAGE_FOLDER_FPS = 10.0

HTTP_TIMEOUT_SECONDS = 30.0
"""How long a web server may take to send the next part of a recording."""


@dataclass(frozen=True, slots=True)
class RecordedFrame:
    """One frame of a recording; `read_image` returns its pixels as read-only BGR, None if they cannot be read."""

    index: int
    media_time: float
    read_image: Callable[[], Image | None]


class Recording(Protocol):
    """An open recording."""

    def duration_seconds(self) -> float | None:
        """Length by the header of the file; None if it states none."""
        ...

    def frames(self) -> Iterator[RecordedFrame]:
        """Yield every frame that decodes, in order. May raise av.FFmpegError part way."""
        ...

    def describe_damage(self) -> str:
        """Say what was missing or unreadable so far; "" if nothing was."""
        ...

    def close(self) -> None: ...


class NotARecordingError(Exception):
    """The file or folder holds no video; the message says what it lacks."""


def open_recording(source: Source, aspect: str = "") -> Recording:
    """Open a recording. Raises av.FFmpegError, OSError, NotARecordingError or UnreadableVideoError.

    aspect: of videos, as in the settings.
    """
    return ImageFolder(source.location) if source.kind is SourceKind.IMAGES else VideoFile(source.location, aspect)


@dataclass(frozen=True, slots=True)
class _Decoded:
    """A frame with the shape of its pixels at the time it was decoded."""

    frame: av.VideoFrame
    pixel_aspect: float

    @property
    def pts(self) -> int | None:
        return self.frame.pts

    @property
    def dts(self) -> int | None:
        return self.frame.dts


class VideoFile:
    """Any video file that FFmpeg reads.

    Two frame threads decode it. Unlike slice threads they give the same images on every run, also of damaged files.
    """

    def __init__(self, location: str, aspect: str = "") -> None:
        """location: a path or an HTTP URL.  aspect: width:height of the picture; empty: what the file states."""
        is_url = "://" in location
        # FFmpeg would read `10` in the relative path `10:30.mp4` as a protocol; an absolute path starts with none.
        file = location if is_url else os.path.abspath(location)
        timeout = HTTP_TIMEOUT_SECONDS if is_url else None
        self._container = _open(file, timeout)
        self._stream = _video_stream(self._container, file, timeout)
        self._pixel_aspect = PixelAspect(self._stream, aspect)
        self._stream.thread_type = "FRAME"
        self._stream.codec_context.thread_count = 2
        self._decoded = self._broken = 0
        self._complete = False

    def duration_seconds(self) -> float | None:
        stream, fps = self._stream, self._fps
        if stream.duration and stream.time_base:
            return float(stream.duration * stream.time_base)
        if self._container.duration:
            return self._container.duration / av.time_base
        return stream.frames / fps if stream.frames and fps else None

    def frames(self) -> Iterator[RecordedFrame]:
        may_be_joined = FormatFlags.ts_discont in FormatFlags(self._container.format.flags)
        media_time = RecordedMediaTime(self._fps, may_be_joined=may_be_joined)
        for time, decoded in media_time.follow(self._stamped()):
            index, self._decoded = self._decoded, self._decoded + 1
            yield RecordedFrame(index, time, partial(to_bgr, decoded.frame, decoded.pixel_aspect))
        self._complete = True

    def describe_damage(self) -> str:
        parts = [f"{_count(self._broken, 'broken frame')} skipped"] if self._broken else []
        found, expected = self._decoded + self._broken, self._shown_frames()
        if self._complete and expected - found > max(2, expected // 50):
            parts.append(f"the file is truncated: {found} of {expected} frames found")
        return ", ".join(parts)

    def close(self) -> None:
        self._container.close()

    def _stamped(self) -> Iterator[tuple[float | None, _Decoded]]:
        """Yield the whole frames, each with its timestamp in seconds, None if it has none."""
        for stamp, decoded in best_stamps(self._decode()):
            if decoded.frame.is_corrupt:
                self._broken += 1
            else:
                yield None if stamp is None else float(stamp * (decoded.frame.time_base or 0)), decoded

    def _decode(self) -> Iterator[_Decoded]:
        for packet in self._container.demux(self._stream):
            frames = decode_packet(packet)
            if frames is None:
                self._broken += 1
            else:
                yield from (_Decoded(frame, self._pixel_aspect.of(frame)) for frame in frames)

    def _shown_frames(self) -> int:
        """Frames by the header, as far as its duration holds them: an edit list (ISO/IEC 14496-12, 8.6.6) hides others.

        Phones and cutting programs write one where a clip was shortened, and the sound of a file may begin before it.
        """
        stream = self._stream
        if not (stream.duration and stream.time_base and stream.average_rate):
            return stream.frames
        return min(stream.frames, round(stream.duration * stream.time_base * stream.average_rate))

    @property
    def _fps(self) -> float:
        return stated_fps(self._container, self._stream)


class ImageFolder:
    """The images of a folder, a glob or one file, in natural order, of any sizes."""

    def __init__(self, location: str) -> None:
        self._paths = list_images(location)
        self._unreadable = 0
        if not self._paths:
            raise NotARecordingError("no images found")

    def duration_seconds(self) -> float:
        return len(self._paths) / IMAGE_FOLDER_FPS

    def frames(self) -> Iterator[RecordedFrame]:
        for index, path in enumerate(self._paths):
            yield RecordedFrame(index, index / IMAGE_FOLDER_FPS, partial(self._read_image, path))

    def describe_damage(self) -> str:
        return f"{_count(self._unreadable, 'unreadable image')} skipped" if self._unreadable else ""

    def close(self) -> None:
        """Do nothing: no file stays open between two images."""

    def _read_image(self, path: Path) -> Image | None:
        """Decode one image; says which could not be read and why."""
        try:
            return read_source_picture(path)
        except PictureError as error:
            logger.warning("%r is skipped: %s", redact(str(path)), error)
            self._unreadable += 1
            return None


def _open(file: str, timeout: float | None) -> InputContainer:
    return av.open(file, options=DECODER_OPTIONS, metadata_errors="replace", timeout=timeout)


def _video_stream(container: InputContainer, file: str, timeout: float | None) -> VideoStream:
    """The stream to read, one that has packets where there are several; closes the container where there is none."""
    try:
        if len(container.streams.video) < 2 or not (timeout or os.path.isfile(file)):  # a pipe can be opened once
            return choose_video_stream(container)
        with _open(file, timeout) as again:  # not every container can go back to its begin
            empty = find_empty_streams(again)
        return choose_video_stream(container, empty=empty)
    except NoVideoError as error:
        container.close()
        if isinstance(error, UnreadableVideoError):
            raise
        raise NotARecordingError(str(error)) from None


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
