"""Looks at stores: whether they open, their version, each of their pages, who may read them, and the room there is."""

import os
import shutil
import sqlite3
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

from configs.at_rest import at_rest
from configs.postgres.address import is_postgres, show
from glimpse.doctor import LEAST_FREE_MB, Finding, Health
from pipeline.backup.kinds import FileKind, kind_of
from pipeline.backup.places import Kept, Part
from pipeline.backup.postgres_copy import NOUNS, version_at
from pipeline.backup.sqlite_copy import holds_sealed, look_at

MAKERS = {
    "gallery": "glimpse enroll makes it",
    "web.accounts": "glimpse accounts add makes it",
}
MADE_AT_START = "made when the process that needs it first starts"


def examine_store(kept: Kept) -> Finding:
    """One store: open, of a known version, sound, its owner's alone, and readable with the key that is set."""
    if is_postgres(kept.place):
        return _examine_database(kept)
    path = Path(kept.place)
    part = f"{kept.setting} {path.name}"
    try:
        if not path.exists():
            return Finding(part, Health.MISSING, f"{path}: not there yet", MAKERS.get(kept.setting, MADE_AT_START))
        kind = kind_of(path)
        if kind is None:
            return Finding(part, Health.BROKEN, f"{path}: no file of Glimpse, or damaged", "restore a backup")
        return _examine_file(part, path, kind)
    except sqlite3.Error as error:
        return Finding(part, Health.BROKEN, f"{path}: {error}", "restore a backup")
    except PermissionError as error:
        advice = f"run this as the user of the node, or: chown {_owner(path.parent)} {path}"
        return Finding(part, Health.BROKEN, str(error), advice)
    except (OSError, ValueError) as error:
        return Finding(part, Health.BROKEN, str(error), "see the message")


def examine_folders(kept: Sequence[Kept]) -> Iterator[Finding]:
    """The folders of stores and film: who may look into them, and how much room is left."""
    places = [Path(one.place) for one in kept if one.part is Part.STORE and not is_postgres(one.place)]
    folders = [path.parent for path in places] + [Path(one.place) for one in kept if one.part is Part.FILM]
    for folder in dict.fromkeys(folders):
        yield _examine_folder(folder)


def _examine_file(part: str, path: Path, kind: FileKind) -> Finding:
    version = look_at(path, kind, f"{kind.noun} {path}")
    found = f"{kind.noun}, schema {version}, {path.stat().st_size / 1e6:,.1f} MB, sound"
    if holds_sealed(path):
        found += ", encrypted"
        if not at_rest().is_on:
            return Finding(part, Health.BROKEN, found, "set GLIMPSE_KEY: without the key its faces cannot be read")
    if advice := _advice_on_rights(path):
        return Finding(part, Health.DOUBTFUL, found, advice)
    return Finding(
        part, Health.GOOD, found + ("" if version == kind.version else ", brought up to date when it is used")
    )


def _advice_on_rights(path: Path) -> str:
    status, folder = path.stat(), path.parent.stat()
    if status.st_mode & 0o077:
        return f"other users may open it (mode {stat.S_IMODE(status.st_mode):o}): chmod 600 {path}"
    if status.st_uid != folder.st_uid:
        return (
            f"its owner is {_owner(path)}, that of the folder {_owner(path.parent)}: chown {_owner(path.parent)} {path}"
        )
    return (
        ""
        if os.access(path, os.W_OK)
        else f"this user may not change it: run this as the user of the node ({_owner(path)})"
    )


def _owner(path: Path) -> str:
    try:
        return path.owner()
    except (KeyError, OSError, NotImplementedError):
        return str(path.stat().st_uid) if path.exists() else "the user of the node"


def _examine_folder(folder: Path) -> Finding:
    try:
        if folder.is_dir():
            return _examine_open_folder(folder)
    except OSError as error:
        return Finding(f"folder {folder}", Health.BROKEN, str(error), "run this as the user of the node")
    return Finding(f"folder {folder}", Health.MISSING, "not there yet", MADE_AT_START)


def _examine_open_folder(folder: Path) -> Finding:
    part, mode = f"folder {folder}", folder.stat().st_mode
    free = shutil.disk_usage(folder).free / 1e6
    found = f"{free:,.0f} MB free, mode {stat.S_IMODE(mode):o}"
    if not os.access(folder, os.W_OK | os.X_OK):
        return Finding(part, Health.BROKEN, found, f"this user may not write there: run this as {_owner(folder)}")
    if free < LEAST_FREE_MB:
        return Finding(part, Health.BROKEN, found, f"free at least {LEAST_FREE_MB} MB, or shorten what is kept")
    if mode & 0o022 and not mode & stat.S_ISVTX:
        return Finding(part, Health.DOUBTFUL, found, f"other users may put files there: chmod 700 {folder}")
    return Finding(part, Health.GOOD, found)


def _examine_database(kept: Kept) -> Finding:
    part = f"{kept.setting} {show(kept.place)}"
    try:
        return Finding(
            part, Health.GOOD, f"{NOUNS[kept.setting]}, schema {version_at(kept.place, NOUNS[kept.setting])}"
        )
    except FileNotFoundError as error:
        return Finding(part, Health.MISSING, str(error), MAKERS.get(kept.setting, MADE_AT_START))
    except (OSError, ValueError) as error:
        return Finding(part, Health.BROKEN, str(error), "see the message")
