"""Cuts a clip out of a film, without encoding again: it begins with the key frame before the moment asked for.

Where a camera has masks, the film holds what is under them, so a clip is decoded, blackened and encoded again.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import av

from pipeline.capture.masks import blacken
from pipeline.capture.pixels import to_bgr
from pipeline.film.segments import Segment, list_segments
from pipeline.secrets.private_files import make_private_file
from pipeline.settings.types import Polygon
from pipeline.sinks.video import VideoWriter

MILLISECOND = Fraction(1, 1000)
_ORIGIN = re.compile(r"glimpse: camera (\S+) from (\S+)")


@dataclass(frozen=True, slots=True)
class Clip:
    """What was cut. start, end: Unix seconds of its first and last picture."""

    path: Path
    start: float
    end: float


def describe_origin(camera: str, start: float) -> str:
    """What a clip says of itself in the tag `comment`: whose it is, and when it began. start: Unix seconds."""
    return f"glimpse: camera {camera} from {datetime.fromtimestamp(start, UTC).isoformat(timespec='milliseconds')}"


def read_origin(comment: str) -> tuple[str, float] | None:
    """Camera and Unix seconds of such a tag; None for another one."""
    found = _ORIGIN.fullmatch(comment)
    try:
        return (found[1], datetime.fromisoformat(found[2]).timestamp()) if found else None
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What is asked for. start, end: Unix seconds."""

    camera: str
    start: float
    end: float
    masks: Sequence[Polygon]


@dataclass(frozen=True, slots=True)
class _Placed:
    """A packet, and the Unix time of its picture."""

    packet: Any
    moment: float
    is_new_file: bool


def cut_clip(
    folder: Path, camera: str, start: float, end: float, target: Path, *, masks: Sequence[Polygon] = ()
) -> Clip:
    """Write what a camera's film shows from `start` to `end`, Unix seconds, as an MP4 file of its owner alone.

    masks: polygons to blacken. Where the picture's size or codec changes, the clip ends. Raises ValueError where
    nothing was recorded then, or for times in the wrong order, and OSError.
    """
    if not start < end:
        raise ValueError(f"clip: expected a start before the end, got {start:g} and {end:g}")
    segments = [one for one in list_segments(folder, camera) if one.start <= end and one.shows(max(start, one.start))]
    unfinished = target.with_name(f".{target.stem}.part.mp4")
    make_private_file(unfinished)
    try:
        cut = _cut_masked if masks else _cut
        times = cut(segments, _Wanted(camera, start, end, masks), unfinished)
        if times is None:
            raise ValueError(f"clip: nothing of camera {camera!r} was recorded then")
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)
    return Clip(target, *times)


def _cut(segments: Sequence[Segment], wanted: _Wanted, target: Path) -> tuple[float, float] | None:
    """Copy packets; returns the times of the first and last picture, None without any."""
    first = last = None
    with av.open(str(target), "w", format="mp4", options={"movflags": "faststart"}) as writer:
        stream: Any = None
        last_dts, form = -1, None
        for placed in _packets(segments, wanted.start, wanted.end):
            packet, source = placed.packet, placed.packet.stream
            if stream is None or first is None:
                stream, first, form = writer.add_stream_from_template(source), placed.moment, _form(source)
                writer.metadata["comment"] = describe_origin(wanted.camera, first)
            elif placed.is_new_file and _form(source) != form:
                break
            shift = round((placed.moment - first) / packet.time_base) - packet.pts
            packet.pts += shift
            packet.dts = max(packet.dts + shift, last_dts + 1)
            packet.pts = max(packet.pts, packet.dts)
            last_dts = packet.dts
            packet.stream = stream
            writer.mux(packet)
            last = placed.moment
    return None if first is None or last is None else (first, last)


def _cut_masked(segments: Sequence[Segment], wanted: _Wanted, target: Path) -> tuple[float, float] | None:
    """Decode, blacken and encode; otherwise as `_cut`."""
    writer: VideoWriter | None = None
    first = last = None
    for placed in _packets(segments, wanted.start, wanted.end):
        began = placed.moment - float(placed.packet.pts * placed.packet.time_base)
        for frame in placed.packet.decode():
            image, moment = blacken(to_bgr(frame), wanted.masks), began + (frame.time or 0.0)
            if writer is None or first is None:
                first = moment
                writer = VideoWriter(target, image, moment, comment=describe_origin(wanted.camera, moment))
            if writer.accepts(image, moment):
                writer.write(image, moment)
                last = moment
    if writer:
        writer.close()
    return None if first is None or last is None else (first, last)


def _packets(segments: Sequence[Segment], start: float, end: float) -> Iterator[_Placed]:
    """The packets from the key frame before `start` to `end`, in order; a file that cannot be read is left out."""
    for segment in segments:
        try:
            with av.open(str(segment.path)) as reader:
                stream = reader.streams.video[0]
                if start > segment.start:
                    reader.seek(
                        int((start - segment.start) / (stream.time_base or MILLISECOND)), stream=stream, backward=True
                    )
                is_new_file = True
                for packet in reader.demux(stream):
                    if packet.dts is None or packet.pts is None:
                        continue
                    moment = segment.start + float(packet.pts * packet.time_base)
                    if moment > end:
                        break
                    yield _Placed(packet, moment, is_new_file)
                    is_new_file = False
        except (av.FFmpegError, IndexError):
            continue


def _form(stream: Any) -> tuple[object, ...]:
    context = stream.codec_context
    return context.name, context.width, context.height, context.extradata
