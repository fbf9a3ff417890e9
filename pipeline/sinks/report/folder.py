"""The folder of a run's report: a new one for each run, and one run at a time in it."""

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from configs.read import ConfigurationError
from pipeline.secrets.private_files import make_private_folder

RUN_FILES = ("index.html", "tracks.csv", "events.jsonl", "people.csv")
"""What a run leaves, the last one of photographs; a journal alone is left by a run that did not start."""
JOURNAL = "journal.db"


@contextmanager
def claim_folder(folder: Path, *, resume: bool = False, overwrite: bool = False) -> Iterator[Path]:
    """Give a run its folder, and keep other runs out of it until the end: `folder`, or `folder-2`, `folder-3`, ….

    resume: the folder of the interrupted run, `folder` itself before those with numbers.  overwrite: `folder`, whatever
    is in it. The lock (flock) ends with the process, however that ends.
    Raises ConfigurationError where another run writes to the folder that is wanted, OSError where none can be made.
    """
    wanted = _interrupted(folder) if resume else folder
    for candidate in [wanted] if resume or overwrite else _series(folder):
        make_private_folder(candidate)
        descriptor = _lock(candidate)
        try:
            if descriptor is None and (resume or overwrite):
                raise ConfigurationError(f"--report {candidate}: another run writes to this folder; wait until it ends")
            if descriptor is not None and (resume or overwrite or not holds_run(candidate)):
                yield candidate
                return
        finally:
            if descriptor is not None:
                os.close(descriptor)


def holds_run(folder: Path) -> bool:
    """Whether a run has written its report into a folder."""
    return any((folder / name).exists() for name in RUN_FILES)


def _series(folder: Path) -> Iterator[Path]:
    yield folder
    base = folder if folder.name not in ("", "..") else folder.resolve()
    yield from (base.with_name(f"{base.name}-{number}") for number in count(2))


def _interrupted(folder: Path) -> Path:
    """The folder with a journal: the one that was named, or else the last of those with numbers; itself for none."""
    if (folder / JOURNAL).exists():
        return folder
    found = folder
    for candidate in _series(folder):
        if not candidate.exists():
            return found
        found = candidate if (candidate / JOURNAL).exists() else found
    raise AssertionError("the series of folders has no end")


def _lock(folder: Path) -> int | None:
    """A descriptor that holds the folder's lock; None where another run holds it."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in (errno.EWOULDBLOCK, errno.EACCES):
            os.close(descriptor)
            return None  # other errors: a file system without locks, where numbers alone must do
    return descriptor
