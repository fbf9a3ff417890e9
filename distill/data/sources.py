"""Reads pictures from folders and zips, without unpacking.

Zip entries are read by position: public zips hold different pictures under the same name.
"""

import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from detectors.arrays import Image
from detectors.pictures import PHOTO_SUFFIXES, decode_picture
from distill.errors import DistillError

TRAINING_SUFFIXES = PHOTO_SUFFIXES | {".bmp"}  # another would shift where a stopped preparation resumes


@dataclass(frozen=True, slots=True)
class Picture:
    """One encoded picture. name: its path inside the source, with forward slashes."""

    source: str
    name: str
    data: bytes

    def decode(self) -> Image | None:
        """Return BGR uint8 (H,W,3), or None if the bytes are not a readable picture."""
        return decode_picture(self.data)


def read_pictures(path: Path) -> Iterator[Picture]:
    """Yield every picture in a folder tree or a zip, in a fixed order. Raises DistillError for any other path."""
    if path.is_dir():
        yield from _read_folder(path)
    elif zipfile.is_zipfile(path):
        yield from _read_zip(path)
    elif not path.exists():
        raise DistillError(f"{path}: no such folder or zip of pictures")
    else:
        raise DistillError(f"{path}: expected a folder or a zip of pictures")


def _read_folder(folder: Path) -> Iterator[Picture]:
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in TRAINING_SUFFIXES and path.is_file():
            yield Picture(folder.name, path.relative_to(folder).as_posix(), path.read_bytes())


def _read_zip(path: Path) -> Iterator[Picture]:
    with zipfile.ZipFile(path) as archive:
        for entry in archive.infolist():
            if PurePosixPath(entry.filename).suffix.lower() in TRAINING_SUFFIXES:
                yield Picture(path.stem, entry.filename, _read_entry(archive, entry))


def _read_entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """Return the bytes of an entry, or none if it is damaged: preparation then counts it as unreadable."""
    try:
        return archive.read(entry)
    except (
        zipfile.BadZipFile,
        zlib.error,
        NotImplementedError,
        RuntimeError,
    ):  # damaged, encrypted, unknown compression
        return b""
