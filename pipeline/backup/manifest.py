"""What a backup holds, in `manifest.json`: it is written last, so a folder without a whole one is no backup."""

import hashlib
import os
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from pipeline.secrets.private_files import replace_private

NAME = "manifest.json"
FORMAT = "glimpse-backup"
VERSION = 1
SHOWN = 20  # backups that a message names
_CHUNK_BYTES = 1 << 20


class Entry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One file of a backup. name: its path below the folder.  setting: the key of the configuration that names it.

    place: where it was: a path, or the address of a database without its password.  kind: of store; empty for another
    file.  schema: version of the store; 0 for another file.
    """

    name: str
    setting: str
    place: str
    kind: str = ""
    schema: int = 0
    bytes: int
    sha256: str


class Model(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A model that the site used; backups hold none. sha256: empty for one that ships with Glimpse."""

    setting: str
    place: str
    sha256: str = ""


class Manifest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """version: of this format.  glimpse: that made it.  made_at: begin, Unix seconds.  encrypted: needs GLIMPSE_KEY.

    left_out: what the site needs beside it, a sentence each.  erasing: files that an erasure has begun to change.
    checksum: SHA-256 of the manifest with an empty one.
    """

    format: str = FORMAT
    version: int = VERSION
    glimpse: str
    node: str
    made_at: float
    encrypted: bool
    files: tuple[Entry, ...]
    models: tuple[Model, ...]
    left_out: tuple[str, ...]
    erasing: tuple[str, ...] = ()
    checksum: str = ""


class _Head(msgspec.Struct):
    format: str
    version: Annotated[int, Meta(ge=1)]


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write it whole or not at all, and on the disk. Raises OSError."""
    sealed = msgspec.structs.replace(manifest, checksum=_checksum(manifest))
    path = folder / NAME
    replace_private(path, msgspec.json.format(msgspec.json.encode(sealed)) + b"\n")
    sync(path)
    sync(folder)


def read_manifest(folder: Path) -> Manifest:
    """Raises FileNotFoundError for a folder without one, which names the backups in it, and ValueError for a manifest
    that is damaged or of a newer Glimpse."""
    path = folder / NAME
    if not path.is_file():
        raise FileNotFoundError(f"backup {folder}: {_why_none(folder)}")
    data = path.read_bytes()
    try:
        head = msgspec.json.decode(data, type=_Head)
        if head.format == FORMAT and head.version > VERSION:
            raise ValueError(
                f"format {head.version} is of a newer Glimpse, this one knows 1 to {VERSION}; update Glimpse"
            )
        manifest = msgspec.json.decode(data, type=Manifest)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise ValueError(f"backup {folder}: {NAME} is damaged ({error}); use another backup") from None
    except ValueError as error:
        raise ValueError(f"backup {folder}: {error}") from None
    if manifest.format != FORMAT or manifest.checksum != _checksum(manifest):
        raise ValueError(f"backup {folder}: {NAME} is damaged (its checksum is wrong); use another backup")
    return manifest


def backups_in(folder: Path) -> list[Path]:
    """The whole backups that lie in a folder, the newest first. Raises OSError."""
    found: list[tuple[float, Path]] = []
    for path in folder.glob(f"*/{NAME}"):
        with suppress(OSError, ValueError):
            found.append((read_manifest(path.parent).made_at, path.parent))
    return [path for _, path in sorted(found, reverse=True)]


def _why_none(folder: Path) -> str:
    """Why a folder is no backup, and which in it are."""
    if not folder.is_dir():
        return "no such folder" if not folder.exists() else f"expected the folder of a backup, with a {NAME}"
    if not (found := backups_in(folder)):
        return f"no {NAME}: not a backup, or one that was interrupted; make another"
    older = f" and {len(found) - SHOWN} older" if len(found) > SHOWN else ""
    return f"expected one of the backups in it, newest first: {', '.join(map(str, found[:SHOWN]))}{older}"


def faults(folder: Path, manifest: Manifest) -> list[str]:
    """What is wrong with the files of a backup, a sentence each; none for a whole one. Raises OSError."""
    if manifest.erasing:
        return ["an erasure from this backup was interrupted: run it again"]
    return [f"{entry.name}: {fault}" for entry in manifest.files if (fault := fault_of(folder, entry))]


def fault_of(folder: Path, entry: Entry) -> str:
    """What is wrong with one file; empty for nothing. Raises OSError."""
    path = folder / entry.name
    if not _is_below(entry.name):
        return "its name leads out of the backup"
    if path.is_symlink() or not path.is_file():
        return "is missing"
    if path.stat().st_size != entry.bytes:
        return f"has {path.stat().st_size} bytes, expected {entry.bytes}"
    return "" if digest(path) == entry.sha256 else "was changed: its SHA-256 is not that of the manifest"


def _is_below(name: str) -> bool:
    return bool(name) and not Path(name).is_absolute() and ".." not in Path(name).parts


def digest(path: Path) -> str:
    """SHA-256 of a file, hex. Raises OSError."""
    found = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            found.update(chunk)
    return found.hexdigest()


def sync(path: Path) -> None:
    """Have a file or a folder on the disk before going on. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _checksum(manifest: Manifest) -> str:
    return hashlib.sha256(msgspec.json.encode(msgspec.structs.replace(manifest, checksum=""))).hexdigest()
