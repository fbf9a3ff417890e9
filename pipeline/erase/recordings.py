"""Film of live cameras that shows the person, as far as the histories say when a camera saw them.

A file of film shows others too, and cannot be changed without losing them: it is named, and deleted where asked for.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from pipeline.erase.history_faces import Sight
from pipeline.erase.overwrite import destroy
from pipeline.erase.store import Outcome
from pipeline.film.segments import OPEN_SECONDS, Segment, read_segment

MARGIN_SECONDS = 2.0
WRITTEN_SECONDS = 120.0
"""A file without an end in its name that was changed since is still written."""
LEFT = (
    "film of camera {camera} in which they were seen; others may be in it: delete the file yourself, as no later run"
    " knows it (--delete-recordings would have destroyed it)"
)
OPEN = (
    "film in which they were seen and that is still written: delete the file yourself when it has ended, as no later"
    " run knows it"
)


def recordings_of(files: Iterable[Path], sights: Sequence[Sight]) -> list[Segment]:
    """Those of these files that are film of a camera at a time when it saw the person, oldest first.

    A file without an end in its name goes on for an hour, or to the next one of its camera.
    """
    cameras: dict[Path, list[Segment]] = defaultdict(list)
    for segment in filter(None, map(read_segment, files)):
        cameras[segment.path.parent].append(segment)
    found = []
    for folder, segments in cameras.items():
        segments.sort(key=lambda segment: segment.start)
        later = [*(segment.start for segment in segments[1:]), float("inf")]
        seen = [sight for sight in sights if sight.camera == folder.name]
        for segment, following in zip(segments, later, strict=True):
            end = min(segment.start + OPEN_SECONDS, following) if segment.end is None else segment.end
            if any(_meets(sight, segment.start, end) for sight in seen):
                found.append(segment)
    return sorted(found, key=lambda segment: segment.start)


def erase_recording(segment: Segment, *, delete: bool, clock: Callable[[], float] = time.time) -> Outcome:
    """Overwrite and delete a file of film, or say that it is left. clock: Unix seconds."""
    path = segment.path
    if not delete:
        return Outcome(path, left=LEFT.format(camera=path.parent.name))
    try:
        if segment.end is None and clock() - path.stat().st_mtime < WRITTEN_SECONDS:
            return Outcome(path, left=OPEN)
        destroy(path)
    except OSError as error:
        return Outcome(path, left=f"film that cannot be deleted: {error.strerror}")
    return Outcome(path, changed="film destroyed")


def _meets(sight: Sight, start: float, end: float) -> bool:
    return sight.first - MARGIN_SECONDS <= end and start <= sight.last + MARGIN_SECONDS
