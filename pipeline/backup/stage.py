"""Copies a file of a backup beside its place, and makes it ready to be moved there."""

import os
import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pipeline.backup.manifest import Entry, digest, sync
from pipeline.backup.prepared import prepare_store
from pipeline.secrets.private_files import FILE_MODE, make_private_folder

RESTORING = ".restoring"


@dataclass(frozen=True, slots=True)
class Staged:
    """path: of the copy.  kind: of store, or empty.  done: what was changed in it, empty for nothing."""

    path: Path
    kind: str
    done: str


def stage(source: Path, path: Path, entry: Entry, clock: Callable[[], float]) -> Staged:
    """Copy `source` to `path`, in place of what an interrupted restoring left there.

    Raises OSError where it cannot be written, or does not read as it was written.
    """
    make_private_folder(path.parent)
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, FILE_MODE)
    with os.fdopen(descriptor, "wb") as file, source.open("rb") as opened:
        shutil.copyfileobj(opened, file)
    if digest(path) != entry.sha256:
        raise OSError(f"{path}: was written and reads differently; the disk fails, or the backup is being changed")
    try:
        done = prepare_store(path, entry.kind, clock=clock)
    except sqlite3.Error as error:
        raise OSError(f"{path}: cannot be made ready ({error})") from error
    _give_to_owner(path)
    sync(path)
    return Staged(path, entry.kind, done)


def _give_to_owner(path: Path) -> None:
    """Root restores for the user who owns the folder."""
    if os.geteuid() == 0:
        owner = path.parent.stat()
        os.chown(path, owner.st_uid, owner.st_gid)
