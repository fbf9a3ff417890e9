"""One tar archive, cut into parts of a greatest size, so that a large bundle passes where files may only be small.

distill/bundle/start.py, which runs where this project is not installed, puts the parts together again.
"""

import hashlib
import io
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

import msgspec


class Part(msgspec.Struct, frozen=True):
    """One part of the archive. size: bytes."""

    name: str
    size: int
    sha256: str


class PartWriter:
    """A stream into files `bundle.part01`, `bundle.part02`, … of at most `limit` bytes each."""

    def __init__(self, folder: Path, limit: int) -> None:
        self._folder, self._limit, self._room = folder, limit, 0
        self._file: io.BufferedWriter | None = None
        self._hash = hashlib.sha256()
        self.parts: list[Part] = []

    def write(self, data: bytes) -> int:
        """Write all of the data, in new parts when one is full."""
        rest = memoryview(data)
        while len(rest):
            if not self._room:
                self._open_next()
            assert self._file is not None
            piece = rest[: self._room]
            self._file.write(piece)
            self._hash.update(piece)
            self._room -= len(piece)
            rest = rest[len(piece) :]
        return len(data)

    def close(self) -> None:
        """Close the part that is open and add it to `parts`."""
        if self._file is not None:
            name, size = Path(self._file.name).name, self._file.tell()
            self._file.close()
            self.parts.append(Part(name, size, self._hash.hexdigest()))
            self._file, self._room = None, 0

    def _open_next(self) -> None:
        self.close()
        self._file = (self._folder / f"bundle.part{len(self.parts) + 1:02d}").open("wb")
        self._hash, self._room = hashlib.sha256(), self._limit


class Archive:
    """A tar archive that is being written."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar

    def add_bytes(self, name: str, data: bytes) -> None:
        """Add a file with this content."""
        info = tarfile.TarInfo(name)
        info.size = len(data)
        self._tar.addfile(info, io.BytesIO(data))

    def add_file(self, name: str, path: Path) -> None:
        """Add a copy of a file, without its owner and date."""
        info = tarfile.TarInfo(name)
        info.size = path.stat().st_size
        with path.open("rb") as file:
            self._tar.addfile(info, file)


@contextmanager
def write_archive(folder: Path, limit: int) -> Iterator[tuple[Archive, PartWriter]]:
    """Write an archive in parts of at most `limit` bytes; the writer's `parts` are complete after the block."""
    writer = PartWriter(folder, limit)
    try:
        with tarfile.open(fileobj=cast(IO[bytes], writer), mode="w|") as tar:  # a stream needs `write` alone
            yield Archive(tar), writer
    finally:
        writer.close()
