"""Files and folders that only their owner may read: they name people and show their faces.

A new file has the mode 0600 and a new folder 0700. A folder that exists keeps its mode. A file that exists is tightened
where it is this user's own and no pipe or device.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

FILE_MODE, FOLDER_MODE = 0o600, 0o700


def make_private_folder(folder: Path) -> None:
    """Make a folder and those above it that are missing. Raises OSError."""
    for missing in reversed([path for path in (folder, *folder.parents) if not path.exists()]):
        missing.mkdir(FOLDER_MODE, exist_ok=True)
    folder.mkdir(FOLDER_MODE, exist_ok=True)  # raises for a file in its place


def open_private(path: Path, flags: int) -> int:
    """Open for writing, made if it is missing; returns the file descriptor. flags: beside O_CREAT. Raises OSError."""
    descriptor = os.open(path, flags | os.O_CREAT | os.O_CLOEXEC, FILE_MODE)
    status = os.fstat(descriptor)
    if stat.S_ISREG(status.st_mode) and status.st_uid == os.geteuid() and status.st_mode & 0o077:
        with suppress(PermissionError):  # raised by file systems without permissions
            os.fchmod(descriptor, FILE_MODE)
    return descriptor


def make_private_file(path: Path) -> None:
    """Make an empty file for a library that opens it by its name; what a file of that name held is gone."""
    os.close(open_private(path, os.O_WRONLY | os.O_TRUNC))


@contextmanager
def only_for_owner() -> Iterator[None]:
    """Whatever this process makes meanwhile is its owner's alone: for sockets, whose mode a library does not set.

    Other threads may make files meanwhile: they get no more rights than these.
    """
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)


def replace_private(path: Path, data: bytes) -> None:
    """Write beside the target and rename, so that nobody opens half a file; nothing is left where that fails.

    A link is followed, and a device or pipe, such as /dev/stdout, is written to. Raises OSError with the target's name.
    """
    try:
        if path.exists() and not path.is_file():  # renaming would put a file in the place of /dev/null
            path.write_bytes(data)
        else:
            _replace(Path(os.path.realpath(path)), data)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error


def _replace(path: Path, data: bytes) -> None:
    unfinished = path.with_name(f".{path.name}.new")
    try:
        with os.fdopen(open_private(unfinished, os.O_WRONLY | os.O_TRUNC), "wb") as file:
            file.write(data)
        unfinished.replace(path)
    except OSError:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)
        raise
