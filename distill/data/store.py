"""Arrays on disk that grow by rows (prepared faces, teacher features), and atomic writes.

Rows are raw bytes, not .npy or compressed: a raw file can be truncated to its last whole row after a kill, and many
processes can map it into memory at once. 60,000 faces take 2.3 GB.
"""

import io
import os
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import DTypeLike, NDArray

from distill.work_folder import WorkFolder

FACE_SIDE_PX = 112  # of a prepared face


class RowFile:
    """A file of rows of one shape and type. A torn row at its end does not count."""

    def __init__(self, path: Path, dtype: DTypeLike, shape: tuple[int, ...]) -> None:
        self.path, self.dtype, self.shape = path, np.dtype(dtype), shape
        self._bytes = int(np.prod(shape)) * self.dtype.itemsize

    def __len__(self) -> int:
        return self.path.stat().st_size // self._bytes if self.path.exists() else 0

    def append(self, rows: NDArray[Any]) -> None:
        """Add rows (N, *shape) and flush them to disk. Raises ValueError for another shape."""
        if rows.shape[1:] != self.shape:
            raise ValueError(f"{self.path.name}: expected rows {self.shape}, got {rows.shape[1:]}")
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("ab") as file:
            file.write(np.ascontiguousarray(rows, self.dtype).tobytes())
            file.flush()
            os.fsync(file.fileno())

    def truncate(self, count: int) -> None:
        """Keep the first `count` rows and drop a torn one. Raises ValueError if there are fewer."""
        if count > len(self):
            raise ValueError(f"{self.path}: expected at least {count} rows, got {len(self)}")
        if self.path.exists():
            os.truncate(self.path, count * self._bytes)

    def array(self) -> NDArray[Any]:
        """Return all rows (N, *shape), memory-mapped and read-only."""
        if len(self) == 0:
            return np.zeros((0, *self.shape), self.dtype)
        return np.memmap(self.path, self.dtype, "r", shape=(len(self), *self.shape))


class FaceNote(msgspec.Struct, frozen=True):
    """The picture that a prepared face is from. person: an identity, unique across sources, or empty."""

    source: str
    name: str
    person: str = ""


def face_rows(work: WorkFolder) -> RowFile:
    """Open the prepared faces of a work folder: BGR uint8 (N,112,112,3), aligned to the ArcFace template."""
    return RowFile(work.face_pixels, np.uint8, (FACE_SIDE_PX, FACE_SIDE_PX, 3))


def write_atomic(path: Path, data: bytes) -> None:
    """Replace a file atomically: readers see the old or the new content, even after a kill."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")  # two processes may write the same file
    with partial.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)


def write_array(path: Path, array: NDArray[Any]) -> None:
    """Replace an .npy file atomically."""
    write_atomic(path, array_bytes(array))


def array_bytes(array: NDArray[Any]) -> bytes:
    """The content of an .npy file."""
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()
