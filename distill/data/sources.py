"""Reads pictures from a folder tree, a flat folder or a zip alike, so that nothing has to be unpacked first.

The surprising decision: pictures are read by position, not by name. Public zips hold the same name twice, and a name
would then give the same picture twice.
"""

import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import cv2
import numpy as np

from detectors.arrays import Image
from distill.errors import DistillError

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp"})


@dataclass(frozen=True, slots=True)
class Picture:
    """One encoded picture of a source; `name` is its path inside, with forward slashes."""

    source: str
    name: str
    data: bytes

    def decode(self) -> Image | None:
        """BGR uint8 (H,W,3), or None where the bytes are no picture."""
        if not self.data:
            return None
        decoded = cv2.imdecode(np.frombuffer(self.data, np.uint8), cv2.IMREAD_COLOR)
        return None if decoded is None else np.asarray(decoded, np.uint8)


def read_pictures(path: Path) -> Iterator[Picture]:
    """Every picture under a folder or in a zip, in a fixed order. Raises DistillError."""
    if path.is_dir():
        yield from _in_folder(path)
    elif zipfile.is_zipfile(path):
        yield from _in_zip(path)
    elif not path.exists():
        raise DistillError(f"{path}: no such folder or zip of pictures")
    else:
        raise DistillError(f"{path}: expected a folder or a zip of pictures")


def _in_folder(folder: Path) -> Iterator[Picture]:
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in SUFFIXES and path.is_file():
            yield Picture(folder.name, path.relative_to(folder).as_posix(), path.read_bytes())


def _in_zip(path: Path) -> Iterator[Picture]:
    with zipfile.ZipFile(path) as archive:
        for entry in archive.infolist():
            if PurePosixPath(entry.filename).suffix.lower() in SUFFIXES:
                yield Picture(path.stem, entry.filename, _read(archive, entry))


def _read(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """Its bytes, or none of a damaged entry, which is then refused as unreadable like any damaged picture."""
    try:
        return archive.read(entry)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError):  # damaged, of unknown kind, encrypted
        return b""
