"""Ray's folder on a machine that runs a cluster alone, and what is left of it where its command was killed.

The command holds a lock on a file as long as it lives, and the file names the folder. Whoever gets the lock, and finds
a name, has found what a killed command left: processes of Ray, and files.
"""

import contextlib
import fcntl
import importlib.util
import os
import secrets
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from pipeline.secrets.private_files import open_private

PREFIX = "glimpse-ray-"
END_SECONDS = 10.0
_LOOK_SECONDS = 0.05
_PROCESSES = Path("/proc")


class AlreadyRunsError(OSError):
    """Another command holds the lock."""


@contextlib.contextmanager
def session_folder(record: Path) -> Iterator[Path]:
    """A new folder while the block runs, after what a killed command left is gone. record: the file with the lock.

    Raises AlreadyRunsError.
    """
    with _locked(record) as file:
        _clear(_folder_in(file))
        folder = Path(tempfile.gettempdir()) / f"{PREFIX}{secrets.token_hex(4)}"  # short: sockets are below it
        _write(file, str(folder))  # first: a kill leaves nothing that is not named
        folder.mkdir(mode=0o700)
        try:
            yield folder
        finally:
            _clear(folder)  # a process that Ray has not ended yet would write there again
            _write(file, "")


def clear_leftovers(record: Path) -> bool:
    """End what a killed command left, and delete its folder; whether there was any. record: the file with the lock."""
    if not record.exists():
        return False
    try:
        with _locked(record) as file:
            folder = _folder_in(file)
            _clear(folder)
            _write(file, "")
            return folder is not None
    except AlreadyRunsError:
        return False


def processes_of(folder: Path) -> set[int]:
    """Processes of Ray that have a file below this folder open, or are called with it.

    Empty where the system has no /proc.
    """
    return {int(entry.name) for entry in _PROCESSES.glob("[0-9]*") if _belongs(entry, folder)} - {os.getpid()}


@contextlib.contextmanager
def _locked(record: Path) -> Iterator[int]:
    file = open_private(record, os.O_RDWR)
    try:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRunsError(f"a cluster runs on this machine already: {record.parent} is in use") from None
        yield file
    finally:
        os.close(file)


def _folder_in(file: int) -> Path | None:
    """The folder that a file names, where it is one of ours."""
    text = os.pread(file, 4096, 0).decode("utf-8", "surrogateescape")
    return Path(text) if Path(text).name.startswith(PREFIX) and Path(text).is_absolute() else None


def _write(file: int, text: str) -> None:
    os.ftruncate(file, 0)
    os.pwrite(file, os.fsencode(text), 0)


def _clear(folder: Path | None) -> None:
    if folder is None or folder.is_symlink() or not folder.is_dir() or folder.stat().st_uid != os.geteuid():
        return
    end = time.monotonic() + END_SECONDS
    while (found := processes_of(folder)) and time.monotonic() < end:
        for process in found:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)  # a worker keeps its events in its outbox, which is made for that
        time.sleep(_LOOK_SECONDS)
    shutil.rmtree(folder, ignore_errors=True)


def _belongs(process: Path, folder: Path) -> bool:
    with contextlib.suppress(OSError):  # of another user, or gone meanwhile
        if _is_of_ray(Path(os.readlink(process / "exe"))):
            below = f"{folder}/"
            is_called = os.fsencode(below) in (process / "cmdline").read_bytes()
            return is_called or any(os.readlink(one).startswith(below) for one in (process / "fd").iterdir())
    return False


def _is_of_ray(program: Path) -> bool:
    """Whether Ray runs this program: its own, or this Python."""
    package = importlib.util.find_spec("ray")
    folders = list(package.submodule_search_locations or ()) if package else []
    return program == Path(sys.executable).resolve() or any(map(program.is_relative_to, folders))
