"""How the pixels of a decoded frame lie on a screen: display matrix, shape of the pixels, interlaced fields."""

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import av
import numpy as np
from av.filter import Graph
from av.sidedata.sidedata import SideDataContainer, Type
from av.video.stream import VideoStream

from detectors.pictures import MAX_PICTURE_PIXELS, MAX_PICTURE_SIDE

_side_data: Any = SideDataContainer  # its stub lacks the constructor

MAX_FRAME_PIXELS = MAX_PICTURE_PIXELS
"""A larger frame is refused: converted, it takes 360 MB and more. 8K video has 33 million."""

MAX_PIXEL_ASPECT = 4.0
"""A header that states pixels of more than this (or less than its inverse) is wrong. Fields stored alone have 2."""

MIN_STRETCH = 0.01
"""Pixels that differ from a square by less are taken as squares."""


@dataclass(frozen=True, slots=True)
class Orientation:
    """What puts a stored picture upright: first mirror it left to right, then turn it.

    quarter_turns: counter-clockwise, 0 to 3.
    """

    mirrored: bool = False
    quarter_turns: int = 0

    @property
    def swaps_sides(self) -> bool:
        return self.quarter_turns % 2 == 1


def orientation(frame: av.VideoFrame) -> Orientation:
    """The orientation by the frame's display matrix (ISO/IEC 14496-12, 6.2.2), to the nearest quarter turn.

    A stored pixel at x, y is shown at a*x + c*y, b*x + d*y. A negative determinant mirrors.
    """
    # Not `frame.side_data`: the frame would keep that, which keeps the frame, until Python looks for cycles.
    matrix: Any = _side_data(frame).get("DISPLAYMATRIX")
    if matrix is None:
        return Orientation()
    a, b, _, c, d, *_ = map(int, np.frombuffer(bytes(matrix), np.int32))
    determinant = a * d - b * c
    if determinant == 0:
        return Orientation()
    mirrored = determinant < 0
    angle = np.degrees(np.arctan2(-b, -a) if mirrored else np.arctan2(b, a))  # clockwise, as y points down
    return Orientation(mirrored, round(-float(angle) / 90) % 4)


def _name_unknown_type(types: Any, number: int) -> Any:
    """A type of side data that PyAV has no name for."""
    unknown = object.__new__(types)
    unknown._name_, unknown._value_ = f"UNKNOWN_{number}", number
    return unknown


# PyAV 18 raises ValueError for every frame with data that FFmpeg 8.1 adds and PyAV has no name for: EXIF of JPEG, TIFF
# and WebP, which cameras send, and the views of spatial video.
_types: Any = Type
_types._missing_ = classmethod(_name_unknown_type)


def square_size(width: int, height: int, pixel_aspect: float) -> tuple[int, int]:
    """Width and height with square pixels. One side grows and none shrinks, so no detail is lost.

    pixel_aspect: width of a stored pixel over its height.
    """
    if not 1 / MAX_PIXEL_ASPECT <= pixel_aspect <= MAX_PIXEL_ASPECT or abs(pixel_aspect - 1) < MIN_STRETCH:
        return width, height
    wide, high = (round(width * pixel_aspect), height) if pixel_aspect > 1 else (width, round(height / pixel_aspect))
    fits = wide * high <= MAX_FRAME_PIXELS and max(wide, high) <= MAX_PICTURE_SIDE
    return (wide, high) if fits else (width, height)


def first_field(frame: av.VideoFrame) -> av.VideoFrame:
    """Every second line of an interlaced frame, from the first on: one moment, at half the height.

    A field takes 1.3 ms at 1080i, only for frames that somebody looks at. FFmpeg's bwdif takes 5.6 ms for every frame
    decoded, and delays live pictures by one frame (FFmpeg 8.1, one thread).
    """
    graph = Graph()
    source = graph.add_buffer(width=frame.width, height=frame.height, format=frame.format, time_base=Fraction(1, 25))
    field, sink = graph.add("field", "top"), graph.add("buffersink")
    source.link_to(field)
    field.link_to(sink)
    graph.configure()
    graph.push(frame)
    lines = graph.pull()
    assert isinstance(lines, av.VideoFrame)
    return lines


def parse_aspect(text: str) -> Fraction | None:
    """Width over height of `16:9`; None for an empty text. Raises ValueError."""
    if not text:
        return None
    found = re.fullmatch(r"([1-9][0-9]{0,4}):([1-9][0-9]{0,4})", text)
    if not found:
        raise ValueError(f"aspect {text!r}: expected width:height of the picture, such as 16:9")
    return Fraction(int(found[1]), int(found[2]))


class PixelAspect:
    """Shape of the pixels of one stream, which may change while it plays."""

    def __init__(self, stream: VideoStream, aspect: str = "") -> None:
        """aspect: of the whole picture, as in the settings; empty: what the stream states."""
        self._codec, self._picture_aspect = stream.codec_context, parse_aspect(aspect)
        self._by_container, self._by_codec = stream.sample_aspect_ratio, self._codec.sample_aspect_ratio

    def of(self, frame: av.VideoFrame) -> float:
        """Width of a pixel of the frame decoded last over its height; 1.0 where nothing is stated.

        As in FFmpeg, the container comes before the codec, until the codec states something new.
        """
        if self._picture_aspect:
            return float(self._picture_aspect * frame.height / frame.width)
        by_codec = self._codec.sample_aspect_ratio
        stated = by_codec if by_codec and by_codec != self._by_codec else self._by_container or by_codec
        return float(stated or 1)
