"""Sorts the entries of a source folder into videos, pictures, and what is left out and why."""

import errno
import logging
import os
import re
import stat
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from detectors.bookkeeping import is_bookkeeping
from detectors.pictures import PICTURE_SUFFIXES
from pipeline.secrets.redact import redact

VIDEO_SUFFIXES = frozenset(
    ".mp4 .m4v .mov .mkv .webm .avi .ts .mts .m2ts .mpg .mpeg .wmv .flv .3gp .h264 .264 .h265 .265 .dav .asf".split()
)

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class FolderEntries:
    """What a folder or glob holds. left_out: each with the reason.  bookkeeping: how many entries are none at all."""

    videos: Sequence[Path]
    pictures: Sequence[Path]
    left_out: Sequence[tuple[Path, str]]
    bookkeeping: int

    def log(self) -> None:
        """One line for every entry that is left out, and one for all bookkeeping."""
        for path, reason in self.left_out:
            logger.warning("%r is left out: %s", redact(str(path)), reason)
        if self.bookkeeping:
            logger.info("%d hidden files, thumbnails and folders of the system are left out", self.bookkeeping)


def sort_entries(paths: Sequence[Path], location: Path) -> FolderEntries:
    """Sort paths, which lie in a folder or match a glob at `location`, and keep their order."""
    paths = _without_detours(paths)
    fixed = location if location.is_dir() else _fixed_part(location)
    inside = [path for path in paths if path == location or not _is_bookkeeping(path, fixed)]
    videos: list[Path] = []
    pictures: list[Path] = []
    left_out: list[tuple[Path, str]] = []
    for path in inside:
        if reason := _why_left_out(path):
            left_out.append((path, reason))
        else:
            (videos if path.suffix.lower() in VIDEO_SUFFIXES else pictures).append(path)
    return FolderEntries(videos, pictures, left_out, len(paths) - len(inside))


def only_pictures(paths: Iterable[Path], location: Path) -> list[Path]:
    """The pictures among paths, in their order."""
    return list(sort_entries(list(paths), location).pictures)


def _without_detours(paths: Sequence[Path]) -> list[Path]:
    """The shortest path to each entry: `**` follows links to folders, also one that leads back to where it lies."""
    folders = {folder: os.path.realpath(folder) for folder in {path.parent for path in paths}}
    shortest: dict[tuple[str, str], Path] = {}
    for path in sorted(paths, key=lambda path: len(path.parts)):
        shortest.setdefault((folders[path.parent], path.name), path)
    kept = set(shortest.values())
    return [path for path in paths if path in kept]


def _is_bookkeeping(path: Path, fixed: Path) -> bool:
    """Whether a name below the fixed part of the location belongs to a system; what a person named is taken."""
    below = path.relative_to(fixed) if path.is_relative_to(fixed) else path
    return any(is_bookkeeping(part) for part in below.parts if part not in (".", ".."))


def _fixed_part(pattern: Path) -> Path:
    """The folders of a glob before its first wildcard."""
    parts = [bool(re.search(r"[*?\[]", part)) for part in pattern.parts]
    return Path(*pattern.parts[: parts.index(True)]) if True in parts else pattern.parent


def _why_left_out(path: Path) -> str:
    """Empty for a file that ends like a video or picture."""
    try:
        mode = path.stat().st_mode
    except OSError as error:
        is_missing = error.errno in (errno.ENOENT, errno.ELOOP)
        return "a link to a file that does not exist" if is_missing else f"it cannot be read: {error.strerror}"
    if stat.S_ISDIR(mode):
        return "folders within a folder are not searched (a glob with ** does)"
    if not stat.S_ISREG(mode):
        return "not a file"
    known = path.suffix.lower() in VIDEO_SUFFIXES | PICTURE_SUFFIXES
    return "" if known else f"no ending of a video or picture ({path.suffix or 'none'})"
