"""Exact search: one matrix product for each block of templates and rows, in numpy."""

import numpy as np

from detectors.arrays import Float32, Index
from recognizer.search.base import Found
from recognizer.search.slots import Slots

BLOCK_ROWS = 65_536  # rows per product: 8 MiB of scores for 32 templates, which stay in the cache while they are sorted
BLOCK_TEMPLATES = 32


class ExactSearch:
    """Implements `Search` by comparing with every vector."""

    def __init__(self, dim: int) -> None:
        self._slots = Slots(dim)

    def __len__(self) -> int:
        return len(self._slots)

    def add(self, vectors: Float32) -> Index:
        """Take up unit vectors, float32 (N,D); returns their keys (N,). Raises ValueError for another D."""
        return self._slots.add(vectors)

    def erase(self, keys: Index) -> None:
        """Forget vectors and overwrite their bytes. Raises KeyError for a key that is not in use."""
        self._slots.erase(keys)

    def nearest(self, templates: Float32, count: int) -> Found:
        """The `count` nearest vectors of templates, float32 (T,D) unit vectors."""
        blocks = [
            self._nearest(templates[start : start + BLOCK_TEMPLATES], count)
            for start in range(0, len(templates), BLOCK_TEMPLATES)
        ]
        empty = Found(np.zeros((0, count), np.intp), np.zeros((0, count), np.float32))
        found = [empty, *blocks]
        return Found(np.concatenate([one.keys for one in found]), np.concatenate([one.cosines for one in found]))

    def _nearest(self, templates: Float32, count: int) -> Found:
        """The best of each block of rows, and the best of those."""
        keys = np.full((len(templates), count), -1, np.intp)
        cosines = np.full((len(templates), count), -np.inf, np.float32)
        for start in range(0, len(self._slots.rows), BLOCK_ROWS):
            rows = slice(start, start + BLOCK_ROWS)
            scores = templates @ self._slots.rows[rows].T
            scores[:, ~self._slots.used[rows]] = -np.inf
            keys, cosines = _best(keys, cosines, scores, start, count)
        return sort_best_first(Found(np.where(np.isneginf(cosines), -1, keys), cosines))


def _best(keys: Index, cosines: Float32, scores: Float32, start: int, count: int) -> tuple[Index, Float32]:
    """The best `count` of those so far and of a block's scores (T,R), in any order."""
    if scores.shape[1] > count:
        places = np.argpartition(scores, scores.shape[1] - count, axis=1)[:, -count:]
    else:
        places = np.broadcast_to(np.arange(scores.shape[1]), scores.shape)
    both = np.concatenate([cosines, np.take_along_axis(scores, places, axis=1)], axis=1)
    kept = np.argpartition(both, both.shape[1] - count, axis=1)[:, -count:]
    merged = np.concatenate([keys, places + start], axis=1)
    return np.take_along_axis(merged, kept, axis=1), np.take_along_axis(both, kept, axis=1)


def sort_best_first(found: Found) -> Found:
    """The same, each row by falling cosine."""
    order = np.argsort(-found.cosines, axis=1, kind="stable")
    return Found(np.take_along_axis(found.keys, order, axis=1), np.take_along_axis(found.cosines, order, axis=1))
