"""One connection to a live source: opens it without delay, decodes its frames, and gives its errors a reason.

RTSP needs no probing, because its session description names the codec. FFmpeg's option `nobuffer`, often recommended
for low delay, is left out: it discards what was read while probing, which is the first key frame.
"""

import errno
import socket
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import av
from av.codec.hwaccel import HWAccel
from av.container import InputContainer

from pipeline.capture import hardware
from pipeline.capture.geometry import PixelAspect
from pipeline.capture.redirects import RedirectError, WrongLoginError, resolve_redirects
from pipeline.capture.sources import Source, SourceKind
from pipeline.capture.video_stream import NoVideoError, UnreadableVideoError, choose_video_stream, decode_packet
from pipeline.secrets.redact import redact

RTSP_OPTIONS = {
    "rtsp_transport": "tcp",
    "allowed_media_types": "video",
    "probesize": "32",
    "analyzeduration": "0",
    "fpsprobesize": "0",
}
OTHER_OPTIONS = {"probesize": "1000000", "analyzeduration": "500000", "fpsprobesize": "0", "max_redirects": "0"}

FORMATS_WITHOUT_TIMESTAMPS = frozenset({"mpjpeg", "mjpeg", "h264", "hevc"})
"""FFmpeg invents timestamps at 25 frames per second for these; the time of arrival is more accurate."""


@dataclass(frozen=True, slots=True)
class StreamFrame:
    """A decoded frame.

    timestamp: seconds on the stream's clock.  capture_time: Unix seconds by the camera's clock.  None if unknown.
    pixel_aspect: width of a pixel over its height.
    """

    frame: av.VideoFrame
    timestamp: float | None
    capture_time: float | None
    pixel_aspect: float = 1.0


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a connection gave no frames, without credentials; `persistent` if another attempt soon would fail too."""

    reason: str
    persistent: bool = False


class PacketFilm(Protocol):
    """Records what a connection sends; never waits."""

    def connected(self, stream: Any) -> None: ...

    def packet(self, packet: Any) -> None: ...

    def disconnected(self) -> None: ...


class Stream:
    """An open connection, to be used as a context manager."""

    def __init__(
        self,
        source: Source,
        *,
        open_timeout: float,
        read_timeout: float,
        decode: str = hardware.SOFTWARE,
        give_up: Callable[[], bool] = lambda: False,
        aspect: str = "",
        film: PacketFilm | None = None,
    ) -> None:
        """Connect. Raises av.FFmpegError, OSError, NoVideoError, RedirectError, WrongLoginError or NoHardwareError.

        open_timeout: seconds for connecting.  read_timeout: seconds for each packet.  decode, aspect: as in the
        settings.  give_up: asked ten times a second whether to stop asking the camera where it redirects to.
        film: gets every packet.
        """
        timeouts = (open_timeout, read_timeout)
        self._container = _open_container(source, timeouts, hardware.hardware_decoder(decode), give_up)
        try:
            self._stream = choose_video_stream(self._container)
        except NoVideoError:
            self._container.close()
            raise
        self._film = film
        if film:
            film.connected(self._stream)
        self._pixel_aspect = PixelAspect(self._stream, aspect)
        # With slice threads, FFmpeg returns half-decoded frames of streams that have several slices per frame.
        self._stream.thread_type = "NONE"
        self._has_timestamps = self._container.format.name not in FORMATS_WITHOUT_TIMESTAMPS

    def __enter__(self) -> "Stream":
        return self

    def __exit__(self, *_: object) -> None:
        if self._film:
            self._film.disconnected()
        self._container.close()

    def frames(self, packet_arrived: Callable[[], bool] = lambda: True) -> Iterator[StreamFrame]:
        """Yield the frames that decode without error, from the first key frame until the camera ends the stream.

        packet_arrived: called with each packet, before it is decoded; says whether the packet came in time. The frames
        of one that did not are yielded with the next packet: at the end of a stream FFmpeg releases what it had kept
        back, and no other packet follows but an empty one.
        """
        clock_offset: float | None = None
        late: list[StreamFrame] = []
        in_time = True
        last: Any = None
        for packet in self._container.demux(self._stream):
            if _is_repeated(packet, last):
                continue
            last = packet
            if self._film:
                self._film.packet(packet)
            in_time = packet_arrived() and (in_time or packet.size > 0)
            if packet.size:
                yield from late
                late.clear()
            clock_offset = _clock_offset(packet, clock_offset)
            whole = [frame for frame in decode_packet(packet) or () if not frame.is_corrupt]
            frames = [self._stream_frame(frame, clock_offset) for frame in whole]
            if in_time:
                yield from frames
            else:
                late += frames

    def _stream_frame(self, frame: av.VideoFrame, clock_offset: float | None) -> StreamFrame:
        timestamp = frame.time if self._has_timestamps else None
        capture_time = None if timestamp is None or clock_offset is None else timestamp + clock_offset
        return StreamFrame(frame, timestamp, capture_time, self._pixel_aspect.of(frame))


def classify_error(error: Exception) -> Failure:
    """Give the reason of a failed connection without the URL, which FFmpeg's own messages contain."""
    if isinstance(error, av.error.HTTPUnauthorizedError | av.error.HTTPForbiddenError | WrongLoginError):
        return Failure("wrong user or password", persistent=True)
    if isinstance(error, av.error.HTTPNotFoundError):
        return Failure("no such stream", persistent=True)
    if isinstance(error, RedirectError):
        return Failure(redact(str(error)), persistent=True)
    if isinstance(error, UnreadableVideoError):
        return Failure(str(error), persistent=True)
    if isinstance(error, NoVideoError):
        return Failure("the stream has no video", persistent=True)
    if isinstance(error, av.error.InvalidDataError):
        return Failure("the data is not valid video")
    if isinstance(error, av.error.ExitError):  # PyAV's time is up
        return Failure("no answer")
    if isinstance(error, av.FFmpegError):
        reason = _REASON_BY_ERRNO.get(error.errno or 0) or redact(error.strerror or type(error).__name__)
        return Failure(reason, persistent=error.errno == errno.EPROTONOSUPPORT)
    if isinstance(error, OSError) and (found := _REASON_BY_ERRNO.get(_errno_of(error))):
        return Failure(found)
    return Failure(redact(f"{type(error).__name__}: {error}"))


def _errno_of(error: OSError) -> int:
    """The error number, where a host without an address counts as FFmpeg counts it, and a closed connection as lost."""
    if isinstance(error, socket.gaierror):
        return errno.EIO
    return error.errno or (errno.ECONNRESET if isinstance(error, ConnectionResetError) else 0)


MISSING_DEVICE = "no such device"
_REASON_BY_ERRNO = {
    errno.ECONNREFUSED: "connection refused",
    errno.ECONNRESET: "connection lost",
    errno.EPIPE: "connection lost",
    errno.ETIMEDOUT: "no answer",
    errno.EHOSTUNREACH: "no route to the host",
    errno.ENETUNREACH: "no route to the host",
    errno.EPROTONOSUPPORT: "the camera does not support RTP over TCP",
    errno.EIO: "cannot connect (is the host name right?)",
    errno.ENOENT: MISSING_DEVICE,
    errno.ENODEV: MISSING_DEVICE,
    errno.EBUSY: "the device is in use",
    errno.EACCES: "permission denied",
}


def _open_container(
    source: Source, timeouts: tuple[float, float], hwaccel: HWAccel | None, give_up: Callable[[], bool]
) -> InputContainer:
    if source.kind is SourceKind.WEBCAM:
        return av.open(source.location, format="v4l2", timeout=timeouts)
    scheme = source.location.partition("://")[0]
    if scheme in ("rtsp", "rtsps"):
        location = resolve_redirects(source, give_up)
        return av.open(location, options=RTSP_OPTIONS, timeout=timeouts, hwaccel=hwaccel)
    try:
        return av.open(source.location, options=OTHER_OPTIONS, timeout=timeouts, hwaccel=hwaccel)
    except av.error.OSError as error:  # what FFmpeg says of a redirect that it may not follow, and of much else
        if scheme not in ("http", "https") or error.errno != errno.EIO:
            raise
        if (location := resolve_redirects(source, give_up)) == source.location:
            raise
    return av.open(location, options=OTHER_OPTIONS, timeout=timeouts, hwaccel=hwaccel)


def _is_repeated(packet: Any, last: Any) -> bool:
    """Whether a packet is the end of the last one again: over TCP, FFmpeg decodes twice what a camera sends twice."""
    if last is None or not packet.size or packet.pts is None:
        return False
    return (last.pts is None or packet.pts == last.pts) and bytes(last).endswith(bytes(packet))


def _clock_offset(packet: Any, last_offset: float | None) -> float | None:
    """Camera clock minus stream clock, seconds, from the side data that FFmpeg makes of RTCP sender reports.

    Without such side data in this packet, the offset known so far. A report without a time of day has 0 there (RFC
    3550, 6.4.1), which is the year 1900.
    """
    if packet.pts is None or not packet.has_sidedata("prft"):
        return last_offset
    camera_microseconds = struct.unpack_from("=q", bytes(packet.get_sidedata("prft")))[0]
    if camera_microseconds < 0:
        return last_offset
    return float(camera_microseconds / 1e6 - packet.pts * packet.time_base)
