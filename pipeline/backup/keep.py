"""Deletes the oldest of several backups in one folder: what was erased stays in a backup for as long as it is kept."""

import shutil
import time
from collections.abc import Callable
from pathlib import Path

from pipeline.backup.manifest import NAME


def next_name(folder: Path, *, clock: Callable[[], float] = time.time) -> Path:
    """A folder below it, named by the time in UTC."""
    return folder / time.strftime("%Y-%m-%dT%H%M%SZ", time.gmtime(clock()))


def delete_oldest(folder: Path, *, keep: int) -> list[Path]:
    """Delete whole backups below a folder but the newest `keep`; returns those deleted. Raises OSError.

    The manifest goes first: what is left of a deletion that was interrupted is no backup.
    """
    found = sorted(path.parent for path in folder.glob(f"[0-9]*Z/{NAME}"))
    surplus = found[: max(len(found) - keep, 0)]
    for backup in surplus:
        (backup / NAME).unlink()
        shutil.rmtree(backup)
    return surplus
