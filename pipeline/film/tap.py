"""What a camera's reader hands to the film: a copy of each packet, never waiting for it to be written.

The stream's description is copied too, into the header of a file that is never written: FFmpeg frees the original
with the connection, while the writer may still need it.
"""

import io
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import av

from pipeline.capture.stream import FORMATS_WITHOUT_TIMESTAMPS

log = logging.getLogger("glimpse")


@dataclass(frozen=True, slots=True)
class Connected:
    """A new connection. header: keeps `stream`, a description that the files of the connection are made with."""

    camera: str
    header: Any = field(repr=False)
    stream: Any = field(repr=False)
    size = 0


@dataclass(frozen=True, slots=True)
class PacketCopy:
    """One packet. dts, pts: in units of `time_base`.  arrived: Unix seconds."""

    camera: str
    data: bytes = field(repr=False)
    dts: int
    pts: int
    time_base: Fraction
    is_key: bool
    arrived: float

    @property
    def size(self) -> int:
        """Bytes."""
        return len(self.data)


@dataclass(frozen=True, slots=True)
class Disconnected:
    """The connection is over."""

    camera: str
    size = 0


Item = Connected | PacketCopy | Disconnected


class FilmTap:
    """The film's end of one reader; for the reader's thread. put: takes an item and returns at once."""

    def __init__(self, camera: str, put: Callable[[Item], None], *, wall: Callable[[], float]) -> None:
        self._camera, self._put, self._wall = camera, put, wall
        self._is_recorded, self._has_times = True, True

    def connected(self, stream: Any) -> None:
        """A connection gives this video stream; one of a kind that files cannot hold is not recorded."""
        self._is_recorded = stream.codec_context.name != "rawvideo"  # a webcam's: a gigabyte a minute
        self._has_times = stream.container.format.name not in FORMATS_WITHOUT_TIMESTAMPS
        if not self._is_recorded:
            log.error(
                "%s: film: pictures that are not compressed cannot be recorded",
                self._camera,
                extra={"camera": self._camera},
            )
            return
        try:
            header = av.open(io.BytesIO(), "w", format="matroska")
            self._put(Connected(self._camera, header, header.add_stream_from_template(stream)))
        except (av.FFmpegError, ValueError) as error:
            log.error(
                "%s: film: this stream cannot be recorded: %s",
                self._camera,
                type(error).__name__,
                extra={"camera": self._camera},
            )

    def packet(self, packet: Any) -> None:
        """A packet has arrived; it is not decoded yet. One without a time cannot be placed."""
        if not packet.size or not self._is_recorded:
            return
        arrived = self._wall()
        dts = packet.pts if packet.dts is None else packet.dts
        pts = dts if packet.pts is None else packet.pts
        time_base = packet.time_base
        if not self._has_times:
            dts = pts = round(arrived * 1000)
            time_base = Fraction(1, 1000)
        if dts is None:
            return
        self._put(PacketCopy(self._camera, bytes(packet), dts, pts, time_base, bool(packet.is_keyframe), arrived))

    def disconnected(self) -> None:
        """The connection is over."""
        self._put(Disconnected(self._camera))
