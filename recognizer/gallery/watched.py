"""A gallery that a running pipeline reads while other programs change, replace or remove the file.

An open SQLite connection stays with the file it opened: after `mv` or a restored backup it would show the people of
before for ever. So the file is compared each time the version is asked for, and opened again when it is another.
"""

import errno
import logging
import os
import stat
from pathlib import Path
from typing import NamedTuple

from recognizer.gallery.index import GalleryIndex
from recognizer.gallery.store import Gallery
from recognizer.normalisation import Cohort

log = logging.getLogger(__name__)


class FileState(NamedTuple):
    """What tells one file from another in its place. Size and time change too when a file is copied over it."""

    device: int
    inode: int
    size: int
    modified_ns: int


class WatchedGallery:
    """The people of one path, whatever file is there. While there is none, nobody is searched.

    Never writes, so that closing it cannot mix the log of an old file into a new one.
    """

    def __init__(self, path: Path) -> None:
        """Raises like `Gallery`."""
        self.path = path
        self._state = _state(path)
        self._gallery: Gallery | None = Gallery(path, read_only=True)

    def version(self) -> tuple[FileState | None, int]:
        """The file and its revision: other values mean that the people may have changed.

        Raises ValueError for a file that cannot be read.
        """
        if (state := _state(self.path)) != self._state or self._gallery is None:
            self._take_up(state)
        return self._state, self._gallery.version() if self._gallery else 0

    def index(self, model_id: str, cohort: Cohort | None = None) -> GalleryIndex:
        """A search index as `Gallery.index` gives it, of plain cosines; empty while there is no file."""
        return self._gallery.index(model_id) if self._gallery else GalleryIndex.empty(model_id)

    has_news = False
    """A changed file is noticed by `version` alone."""

    def freshness(self) -> None:
        """Not known: a file that cannot be read keeps the people known so far."""

    def close(self) -> None:
        """Close the file."""
        if self._gallery:
            self._gallery.close()
        self._gallery = None

    def _take_up(self, state: FileState | None) -> None:
        """Open what is at the path now, and say so where it is another file."""
        if state is None:
            if self._state is not None:
                log.error("gallery %s: the file is gone; nobody is named until it is back", self.path)
            self.close()
        else:
            opened = Gallery(self.path, read_only=True)
            self.close()
            self._gallery = opened
            if self._state is None or self._state[:2] != state[:2]:
                log.warning("gallery %s: another file is there now; its people are searched", self.path)
        self._state = state


def _state(path: Path) -> FileState | None:
    try:
        found = os.stat(path)
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP):
            return None  # also a link that leads to nothing, or in a circle
        raise
    if not stat.S_ISREG(found.st_mode):
        return None  # a folder or a pipe holds nobody
    return FileState(found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)
