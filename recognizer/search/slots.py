"""Unit vectors in one matrix that grows by doubling; an erased row is zeroed and the next vector takes its place."""

import numpy as np

from detectors.arrays import Float32, Index, Mask

FIRST_ROWS = 64


class Slots:
    """Rows of one matrix by key: the key of a vector is its row."""

    def __init__(self, dim: int) -> None:
        self._rows = np.zeros((FIRST_ROWS, dim), np.float32)
        self._used = np.zeros(FIRST_ROWS, bool)
        self._end = 0
        self._free: list[int] = []

    def __len__(self) -> int:
        """Vectors in use."""
        return self._end - len(self._free)

    @property
    def rows(self) -> Float32:
        """All rows up to the last one ever used, (R,D); erased ones are zero."""
        return self._rows[: self._end]

    @property
    def used(self) -> Mask:
        """Which of `rows` hold a vector, (R,)."""
        return self._used[: self._end]

    def add(self, vectors: Float32) -> Index:
        """Store vectors, float32 (N,D); returns their keys. Raises ValueError for another D."""
        if vectors.ndim != 2 or vectors.shape[1] != self._rows.shape[1]:
            raise ValueError(f"vectors: expected (N, {self._rows.shape[1]}), got {vectors.shape}")
        again = min(len(vectors), len(self._free))
        keys = np.array(
            [self._free.pop() for _ in range(again)] + list(range(self._end, self._end + len(vectors) - again)),
            np.intp,
        )
        self._reserve(self._end + len(vectors) - again)
        self._end += len(vectors) - again
        self._rows[keys] = vectors
        self._used[keys] = True
        return keys

    def erase(self, keys: Index) -> None:
        """Zero rows and give them free. Raises KeyError for a key that is not in use; then nothing is changed."""
        for key in keys:
            if not 0 <= key < self._end or not self._used[key]:
                raise KeyError(int(key))
        kept = np.unique(keys)
        self._rows[kept] = 0
        self._used[kept] = False
        self._free.extend(kept.tolist())

    def _reserve(self, rows: int) -> None:
        if rows <= len(self._rows):
            return
        old, size = self._rows, max(rows, 2 * len(self._rows))
        self._rows = np.zeros((size, old.shape[1]), np.float32)
        self._rows[: len(old)] = old
        old[:] = 0  # the allocator may keep the block, and an erasure later would not reach it
        self._used = np.concatenate([self._used, np.zeros(size - len(self._used), bool)])
