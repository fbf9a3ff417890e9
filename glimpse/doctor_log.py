"""Looks at the file of the log: its folder, who may write and read it, how large it becomes, and the room there is."""

import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

from glimpse.doctor import LEAST_FREE_MB, Finding, Health
from pipeline.settings.rooms.log import LogSettings

MB = 1_000_000


def examine_log(settings: LogSettings) -> Iterator[Finding]:
    """The file that the log is also written to; nothing where it goes to standard error alone. Nothing is changed."""
    if settings.file:
        path = Path(settings.file)
        try:
            health, found, advice = _look(path, settings)
        except OSError as error:  # a folder above it that this user may not look into
            health, found, advice = Health.BROKEN, str(error), "run this as the user of the node"
        yield Finding(f"log.file {path.name}", health, found, advice)


def _look(path: Path, settings: LogSettings) -> tuple[Health, str, str]:
    folder = next(parent for parent in path.parents if parent.exists())
    found = f"{folder}: {_describe(path, folder, settings)}"
    if advice := _advice_on_place(path, folder):
        return Health.BROKEN, found, advice
    free = shutil.disk_usage(folder).free / MB
    if free < LEAST_FREE_MB:
        return Health.BROKEN, found, f"free at least {LEAST_FREE_MB} MB, or lower log.keep or log.file_mb"
    if free < (left := _most_mb(settings) - _used(path) / MB):
        return Health.DOUBTFUL, found, f"it may grow by {left:,.0f} MB more: lower log.keep or log.file_mb"
    if advice := _advice_on_file(path):
        return Health.DOUBTFUL, found, advice
    if folder != path.parent:
        return Health.MISSING, found, f"{path.parent} is made when the node starts"
    return Health.GOOD, found, ""


def _describe(path: Path, folder: Path, settings: LogSettings) -> str:
    """How much there is, how much it becomes, and how much room is left."""
    free = shutil.disk_usage(folder).free / MB
    most = (
        f"put aside at {settings.file_mb:g} MB, {settings.keep} kept, so {_most_mb(settings):,.0f} MB a process at most"
    )
    return f"{_used(path) / MB:,.1f} MB now; {most}; {free:,.0f} MB free"


def _most_mb(settings: LogSettings) -> float:
    return settings.file_mb * (settings.keep + 1)


def _used(path: Path) -> int:
    """Bytes of the file and of those put aside."""
    if not path.parent.is_dir() or not os.access(path.parent, os.R_OK | os.X_OK):
        return 0
    mine = [one for one in path.parent.iterdir() if one == path or _is_put_aside(one.name, path.name)]
    return sum(one.stat().st_size for one in mine if one.is_file())


def _is_put_aside(name: str, log: str) -> bool:
    return name.startswith(f"{log}.") and name.removeprefix(f"{log}.").isdigit()


def _advice_on_place(path: Path, folder: Path) -> str:
    """What to do where nothing can be written; empty where it can. folder: the nearest one that is there."""
    if not folder.is_dir():
        return f"{folder} is no folder: correct log.file"
    if path.is_dir():
        return f"{path} is a folder: give log.file the name of a file in it"
    if not os.access(folder, os.W_OK | os.X_OK):
        return f"this user may not write in {folder}, nor put files aside there: run this as the user of the node"
    if path.exists() and not os.access(path, os.W_OK):
        return f"this user may not write to {path}: run this as the user of the node"
    return ""


def _advice_on_file(path: Path) -> str:
    """What to do about a file that works; empty for nothing."""
    if not path.exists():
        return ""
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        return f"{path} is a device or a pipe, which cannot be put aside: give log.file the name of a file"
    if status.st_mode & 0o077:
        return f"other users may read names of people there (mode {stat.S_IMODE(status.st_mode):o}): chmod 600 {path}"
    return ""
