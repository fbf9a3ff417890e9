"""One connection to a live source: opens it so that the first picture comes at once, and says plainly why one failed.

Probing is cut to nothing for RTSP, whose session description names the codec; FFmpeg's `nobuffer`, often advised for
low delay, is left out, because it throws away what was probed: the first key frame, and with it the first second.
"""

import errno
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import av
from av.container import InputContainer

from pipeline.capture.sources import Source, SourceKind
from pipeline.redact import redact

RTSP = {
    "rtsp_transport": "tcp",
    "allowed_media_types": "video",
    "probesize": "32",
    "analyzeduration": "0",
    "fpsprobesize": "0",
}
OTHER = {"probesize": "1000000", "analyzeduration": "500000", "fpsprobesize": "0"}

NO_CLOCK = frozenset({"mpjpeg", "mjpeg", "h264", "hevc"})
"""Formats without time stamps: FFmpeg counts 25 frames a second whatever the camera does, so arrival tells more."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A decoded frame, its time stamp and when its camera says it took it (Unix seconds), both in seconds or None."""

    frame: av.VideoFrame
    stamp: float | None
    capture_time: float | None


@dataclass(frozen=True, slots=True)
class Failure:
    """Why there is no picture, safe to show; `lasting` when trying again soon is pointless."""

    reason: str
    lasting: bool = False


class NoVideo(Exception):
    """The stream opens, but has no pictures."""


class Connection:
    """An open stream; use as a context manager."""

    def __init__(self, source: Source, timeouts: tuple[float, float]) -> None:
        """timeouts: seconds opening and reading one packet may take. Raises av.FFmpegError, OSError or NoVideo."""
        self._container = _open(source, timeouts)
        try:
            self._stream = self._container.streams.video[0]
        except IndexError:
            self._container.close()
            raise NoVideo from None
        # Slice threads hand out half-decoded pictures of streams with several slices.
        self._stream.thread_type = "NONE"
        self._stamped = self._container.format.name not in NO_CLOCK

    def __enter__(self) -> "Connection":
        return self

    def __exit__(self, *_: object) -> None:
        self._container.close()

    def pictures(self) -> Iterator[Picture]:
        """Pictures that decoded without error, from the first key frame; ends when the other side ends the stream."""
        ahead: float | None = None
        for packet in self._container.demux(self._stream):
            ahead = _clock_offset(packet, ahead)
            try:
                frames = packet.decode()
            except av.error.InvalidDataError:
                continue
            for frame in frames:
                if not frame.is_corrupt:
                    stamp = frame.time if self._stamped else None
                    yield Picture(frame, stamp, None if stamp is None or ahead is None else stamp + ahead)


def explain(error: Exception) -> Failure:
    """Put an error of a connection in words, without the URL that FFmpeg puts into its own."""
    if isinstance(error, av.error.HTTPUnauthorizedError | av.error.HTTPForbiddenError):
        return Failure("wrong user or password", lasting=True)
    if isinstance(error, av.error.HTTPNotFoundError):
        return Failure("no such stream", lasting=True)
    if isinstance(error, NoVideo):
        return Failure("there is no video in this stream", lasting=True)
    if isinstance(error, av.error.InvalidDataError):
        return Failure("what came is not valid video")
    if isinstance(error, av.FFmpegError):
        words = _WORDS.get(error.errno or 0) or redact(error.strerror or type(error).__name__)
        return Failure(words, lasting=error.errno == errno.EPROTONOSUPPORT)
    return Failure(redact(f"{type(error).__name__}: {error}"))


_WORDS = {
    errno.ECONNREFUSED: "connection refused",
    errno.ECONNRESET: "connection lost",
    errno.EPIPE: "connection lost",
    errno.ETIMEDOUT: "no answer",
    errno.EHOSTUNREACH: "no route to the host",
    errno.ENETUNREACH: "no route to the host",
    errno.EPROTONOSUPPORT: "the camera does not send over TCP",
    errno.EIO: "cannot connect (is the host name right?)",
    errno.ENOENT: "no such device",
    errno.ENODEV: "no such device",
    errno.EBUSY: "the device is in use",
    errno.EACCES: "permission denied",
}


def _open(source: Source, timeouts: tuple[float, float]) -> InputContainer:
    if source.kind is SourceKind.WEBCAM:
        return av.open(source.location, format="v4l2", timeout=timeouts)
    rtsp = source.location.startswith(("rtsp://", "rtsps://"))
    return av.open(source.location, options=RTSP if rtsp else OTHER, timeout=timeouts)


def _clock_offset(packet: Any, known: float | None) -> float | None:
    """Camera clock minus stream time, from the producer reference time FFmpeg makes of RTCP sender reports."""
    if packet.pts is None or not packet.has_sidedata("prft"):
        return known
    micros = struct.unpack_from("=q", bytes(packet.get_sidedata("prft")))[0]
    return float(micros / 1e6 - packet.pts * packet.time_base)
