"""The files of a film: `FOLDER/CAMERA/START--END.mkv`, times in UTC; the open one has no end in its name yet.

The names are the index: nothing else has to agree with them after a power cut.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pipeline.capture.camera_names import NAME_PATTERN

SUFFIX = ".mkv"
_STAMP = "%Y%m%dT%H%M%S"
_NAME = re.compile(r"(\d{8}T\d{6})\.(\d{3})Z(?:--(\d{8}T\d{6})\.(\d{3})Z)?\.mkv")
OPEN_SECONDS = 3600.0 + 60.0  # at most, of a file whose end is not known


@dataclass(frozen=True, slots=True, order=True)
class Segment:
    """One file. start, end: Unix seconds; end is None while it is written, or after a kill."""

    start: float
    end: float | None
    path: Path

    def shows(self, moment: float) -> bool:
        """Whether it should show this moment, Unix seconds."""
        return self.start <= moment <= (self.start + OPEN_SECONDS if self.end is None else self.end)


def segment_name(start: float, end: float | None = None) -> str:
    """The name of a file of these times, Unix seconds."""
    return f"{_stamp(start)}{'' if end is None else f'--{_stamp(end)}'}{SUFFIX}"


def read_segment(path: Path) -> Segment | None:
    """What a file's name says; None for another file."""
    found = _NAME.fullmatch(path.name)
    if not found:
        return None
    try:
        start = _time(found[1], found[2])
        return Segment(start, _time(found[3], found[4]) if found[3] else None, path)
    except ValueError:  # no such day
        return None


def list_segments(folder: Path, camera: str) -> list[Segment]:
    """The files of one camera, oldest first; none where the camera has no folder, or for what is no camera's name."""
    if not NAME_PATTERN.fullmatch(camera):
        return []
    return sorted(_segments_in(folder / camera), key=lambda segment: segment.start)


def list_all_segments(folder: Path) -> list[Segment]:
    """The files of all cameras, oldest first."""
    cameras = [path for path in folder.iterdir() if path.is_dir()] if folder.is_dir() else []
    found = [segment for camera in cameras for segment in _segments_in(camera)]
    return sorted(found, key=lambda segment: segment.start)


def find_moment(folder: Path, camera: str, unix_time: float) -> tuple[Path, float] | None:
    """The file that shows a moment, and where in it, seconds; None where nothing was recorded then.

    Of a file that is still written, or was when the node was killed, only the beginning is known: a moment up to an
    hour after it counts as in it, unless a later file begins before.
    """
    for segment in reversed(list_segments(folder, camera)):
        if segment.start <= unix_time:
            return (segment.path, unix_time - segment.start) if segment.shows(unix_time) else None
    return None


def _segments_in(folder: Path) -> Iterator[Segment]:
    if folder.is_dir():
        yield from filter(None, map(read_segment, folder.iterdir()))


def _stamp(moment: float) -> str:
    milliseconds = round(moment * 1000)
    return f"{datetime.fromtimestamp(milliseconds // 1000, UTC):{_STAMP}}.{milliseconds % 1000:03d}Z"


def _time(stamp: str, milliseconds: str) -> float:
    return datetime.strptime(stamp, _STAMP).replace(tzinfo=UTC).timestamp() + int(milliseconds) / 1000
