"""Deletes film that is too old, or more than there may be."""

import logging
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from pipeline.film.segments import Segment, list_all_segments

log = logging.getLogger("glimpse")

SECONDS_PER_DAY = 86_400
BYTES_PER_GB = 1_000_000_000


@dataclass(frozen=True, slots=True)
class FilmLimits:
    """keep_days: of the end of a file; keep_gb: of all files together; 0: no limit."""

    keep_days: float
    keep_gb: float


def delete_old_film(folder: Path, limits: FilmLimits, *, now: float, written: Collection[Path] = ()) -> list[Path]:
    """Delete what is beyond the limits, oldest first, and say so; returns the deleted files.

    now: Unix seconds.  written: files that are open; they count, and are never deleted. A file that cannot be deleted
    is logged, and the others go on.
    """
    sizes = {segment: _size(segment.path) for segment in list_all_segments(folder)}
    excess = sum(sizes.values()) - limits.keep_gb * BYTES_PER_GB if limits.keep_gb else 0.0
    deleted: list[Path] = []
    for segment, size in sizes.items():
        if segment.path in written or not (excess > 0 or _is_old(segment, limits, now)):
            continue
        if _delete(segment.path):
            deleted.append(segment.path)
            excess -= size
    if deleted:
        log.info("film: deleted %d files, the newest of them %s", len(deleted), deleted[-1].name)
    return deleted


def _is_old(segment: Segment, limits: FilmLimits, now: float) -> bool:
    end = segment.start if segment.end is None else segment.end
    return bool(limits.keep_days) and end < now - limits.keep_days * SECONDS_PER_DAY


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _delete(path: Path) -> bool:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        log.error("film: cannot delete %s: %s", path.name, error.strerror)
        return False
    return True
