"""Approximate search: a graph of int8 vectors in usearch finds candidates, the full vectors rank them.

The graph is HNSW (Malkov and Yashunin, IEEE TPAMI 2020). Needs the extra `million`.
"""

from typing import Any

import numpy as np

from configs.extras import install_extra
from detectors.arrays import Float32, Index, Int8
from recognizer.search.base import Found
from recognizer.search.exact import sort_best_first
from recognizer.search.slots import Slots

CONNECTIVITY = 24  # neighbours of a vector in the graph
EXPANSION_ADD = 96  # candidates looked at for a new vector
EXPANSION_SEARCH = 1024  # and for a search: strangers have no near neighbour, and fewer lose the nearest
MOST_CANDIDATES = 256  # ranked by their exact cosine
LEVELS = 127  # of int8


class MissingExtraError(ImportError):
    """usearch is not installed."""


class ApproximateSearch:
    """Implements `Search` with usearch. Not every nearest vector is found; the cosines of those found are exact."""

    def __init__(self, dim: int, *, threads: int = 1) -> None:
        """threads: of the processor, to add and to search. Raises MissingExtraError without usearch."""
        self._slots = Slots(dim)
        self._threads = threads
        self._graph = _new_graph(dim)
        self._placeholder = np.ones((1, dim), np.int8)

    def __len__(self) -> int:
        return len(self._slots)

    def add(self, vectors: Float32) -> Index:
        """Take up unit vectors, float32 (N,D); returns their keys (N,). Raises ValueError for another D.

        A key that was erased is in the graph already, with a placeholder, which gives its place to the new vector.
        """
        keys = self._slots.add(vectors)
        if len(placed := keys[self._graph.contains(keys.astype(np.uint64))] if len(keys) else keys):
            self._graph.remove(placed.astype(np.uint64))
        rows = quantise(vectors)
        self._graph.add(keys.astype(np.uint64), rows, threads=self._threads)
        rows[:] = 0  # an erasure later would not reach this copy
        return keys

    def erase(self, keys: Index) -> None:
        """Forget vectors and overwrite their bytes. Raises KeyError for a key that is not in use.

        usearch only marks what it removes. The next vector takes the freed place and its bytes, so that a placeholder
        that no search returns is added at once.
        """
        self._slots.erase(keys)
        for key in np.unique(keys).astype(np.uint64):
            self._graph.remove(np.array([key]))
            self._graph.add(np.array([key]), self._placeholder)

    def nearest(self, templates: Float32, count: int) -> Found:
        """The `count` nearest vectors of templates, float32 (T,D) unit vectors; at most MOST_CANDIDATES each."""
        wanted = min(MOST_CANDIDATES, len(self._graph))
        if not len(self) or not len(templates):
            return Found(np.full((len(templates), count), -1), np.full((len(templates), count), -np.inf, np.float32))
        found = self._graph.search(quantise(templates), wanted, threads=self._threads)
        keys = np.atleast_2d(np.asarray(found.keys)).astype(np.intp)
        keys = np.where(keys < len(self._slots.rows), keys, -1)  # usearch fills up what it did not find
        cosines = np.stack([self._slots.rows[row] @ template for row, template in zip(keys, templates, strict=True)])
        cosines[(keys < 0) | ~self._slots.used[keys]] = -np.inf
        best = sort_best_first(Found(np.where(np.isneginf(cosines), -1, keys), cosines.astype(np.float32)))
        return _exactly(best, count)

    def stored(self) -> bytes:
        """The graph as usearch would write it into a file."""
        return bytes(self._graph.save())


def quantise(vectors: Float32) -> Int8:
    """Unit rows (N,D) as int8, each scaled by its own largest component; a cosine does not depend on it."""
    largest = np.maximum(np.abs(vectors).max(axis=1, keepdims=True), 1e-6)
    return np.asarray(np.rint(vectors / largest * LEVELS), np.int8)


def _exactly(found: Found, count: int) -> Found:
    """The first `count` columns; filled up where there are fewer."""
    missing = ((0, 0), (0, max(0, count - found.keys.shape[1])))
    keys = np.pad(found.keys[:, :count], missing, constant_values=-1)
    return Found(keys, np.pad(found.cosines[:, :count], missing, constant_values=-np.inf))


def _new_graph(dim: int) -> Any:
    try:
        from usearch.compiled import MetricKind
        from usearch.index import Index as Graph
    except ImportError:
        raise MissingExtraError(f"approximate search needs the package usearch: {install_extra('million')}") from None
    return Graph(
        ndim=dim,
        metric=MetricKind.Cos,
        dtype="i8",
        connectivity=CONNECTIVITY,
        expansion_add=EXPANSION_ADD,
        expansion_search=EXPANSION_SEARCH,
    )
