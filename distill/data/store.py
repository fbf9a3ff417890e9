"""Arrays that grow on disk, row by row: prepared faces, teacher features.

The surprising decision: rows are appended raw, not as an .npy or compressed. A raw file can be cut back to its last
whole row after a kill -9, and mapped into memory by many processes at once; 60,000 faces are 2.3 GB.
"""

import io
import os
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import DTypeLike, NDArray

from distill.work_folder import WorkFolder

FACE_SIDE_PX = 112  # the side of a prepared face


class RowFile:
    """A raw file of equal rows."""

    def __init__(self, path: Path, dtype: DTypeLike, shape: tuple[int, ...]) -> None:
        self.path, self.dtype, self.shape = path, np.dtype(dtype), shape
        self._bytes = int(np.prod(shape)) * self.dtype.itemsize

    def __len__(self) -> int:
        return self.path.stat().st_size // self._bytes if self.path.exists() else 0

    def append(self, rows: NDArray[Any]) -> None:
        """Add (N, *shape) rows; they are on the disk when this returns. Raises ValueError on another shape."""
        if rows.shape[1:] != self.shape:
            raise ValueError(f"{self.path.name}: expected rows {self.shape}, got {rows.shape[1:]}")
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("ab") as file:
            file.write(np.ascontiguousarray(rows, self.dtype).tobytes())
            file.flush()
            os.fsync(file.fileno())

    def truncate(self, count: int) -> None:
        """Keep the first `count` rows, as after an interruption. Raises ValueError where there are fewer."""
        if count > len(self):
            raise ValueError(f"{self.path}: expected at least {count} rows, got {len(self)}")
        if self.path.exists():
            os.truncate(self.path, count * self._bytes)

    def array(self) -> NDArray[Any]:
        """All rows (N, *shape), mapped read-only."""
        if len(self) == 0:
            return np.zeros((0, *self.shape), self.dtype)
        return np.memmap(self.path, self.dtype, "r", shape=(len(self), *self.shape))


class FaceNote(msgspec.Struct, frozen=True):
    """Where a face came from. person: an identity, unique across sources, or empty."""

    source: str
    name: str
    person: str = ""


def face_rows(work: WorkFolder) -> RowFile:
    """The prepared faces of a work folder: BGR uint8 (N,112,112,3), ArcFace template."""
    return RowFile(work.face_pixels, np.uint8, (FACE_SIDE_PX, FACE_SIDE_PX, 3))


def write_atomic(path: Path, data: bytes) -> None:
    """Replace a file at once: a reader, or a kill, finds the old one or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")  # two processes may write the same table
    with partial.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)


def write_array(path: Path, array: NDArray[Any]) -> None:
    """One .npy, replaced at once."""
    buffer = io.BytesIO()
    np.save(buffer, array)
    write_atomic(path, buffer.getvalue())
