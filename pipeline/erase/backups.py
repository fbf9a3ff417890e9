"""Backups among the files that somebody is erased from: their manifests follow what erasing changes.

Before the first change, a manifest notes which files were whole, and afterwards it gets their new hashes. A file that
was damaged before stays one that restoring refuses.
"""

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec

from pipeline.backup.manifest import NAME, Entry, digest, fault_of, read_manifest, write_manifest


@contextmanager
def followed(files: Iterable[Path]) -> Iterator[None]:
    """Erase within the block. Where it is interrupted, the next erasure goes on. Raises OSError."""
    folders = [path.parent for path in files if path.name == NAME]
    begun = [folder for folder in folders if _begin(folder)]
    yield
    for folder in begun:
        _finish(folder)


def _begin(folder: Path) -> bool:
    with suppress(ValueError, OSError):
        manifest = read_manifest(folder)
        whole = {entry.name for entry in manifest.files if not fault_of(folder, entry)}
        noted = tuple(sorted({*whole, *manifest.erasing}))
        write_manifest(folder, msgspec.structs.replace(manifest, erasing=noted))
        return True
    return False  # no backup, or a damaged one, which nothing is restored from


def _finish(folder: Path) -> None:
    manifest = read_manifest(folder)
    files = tuple(now for entry in manifest.files if (now := _as_it_is(folder, entry, manifest.erasing)))
    write_manifest(folder, msgspec.structs.replace(manifest, files=files, erasing=()))


def _as_it_is(folder: Path, entry: Entry, erasing: Collection[str]) -> Entry | None:
    """The entry of a file after an erasure; None for one that was destroyed, as journals are."""
    path = folder / entry.name
    if entry.name not in erasing:
        return entry
    if not path.is_file():
        return None
    return msgspec.structs.replace(entry, bytes=path.stat().st_size, sha256=digest(path))
