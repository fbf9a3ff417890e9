"""Approximate search of a large gallery by row, which follows the gallery's changes instead of starting anew."""

import numpy as np

from detectors.arrays import Float32, Index
from recognizer.search.base import Search
from recognizer.search.choose import new_search

NEW = -1
_SEED = 7


class FaceSearch:
    """The faces of one index in a `Search`."""

    def __init__(self, search: Search, keys: Index) -> None:
        """keys: in the search, of each row of the index."""
        self._search = search
        self._keys = keys
        self._rows = np.full(int(keys.max(initial=-1)) + 1, NEW, np.intp)
        self._rows[keys] = np.arange(len(keys))

    @classmethod
    def of(cls, vectors: Float32) -> "FaceSearch":
        """Search unit vectors, float32 (F,D)."""
        search = new_search(vectors.shape[1], len(vectors))
        return cls(search, search.add(vectors))

    def follow(self, vectors: Float32, same: Index) -> "FaceSearch":
        """The search of changed rows (F,D); this one must not be used any more. same: `find_same_rows` of them."""
        kept = np.zeros(len(self._keys), bool)
        kept[same[same != NEW]] = True
        self._search.erase(self._keys[~kept])
        keys = np.where(same == NEW, NEW, self._keys[same])
        keys[same == NEW] = self._search.add(vectors[same == NEW])
        return FaceSearch(self._search, keys)

    def nearest(self, template: Float32, count: int) -> Index:
        """Rows of the faces nearest to a template, float32 (D,), in rising order; at most `count`."""
        keys = self._search.nearest(template[None], count).keys[0]
        return np.sort(self._rows[keys[keys >= 0]])


def find_same_rows(vectors: Float32, before: Float32) -> Index:
    """For each row of (F,D) a row of `before` (B,D) with the same bytes, each used once; NEW where there is none."""
    same = np.full(len(vectors), NEW, np.intp)
    if not len(before) or before.shape[1] != vectors.shape[1]:
        return same
    hashes, earlier = _hash_rows(vectors), _hash_rows(before)
    order = np.argsort(earlier, kind="stable")
    places = np.minimum(np.searchsorted(earlier[order], hashes), len(order) - 1)
    found = order[places]
    equal = np.flatnonzero(earlier[found] == hashes)
    equal = equal[(vectors[equal] == before[found[equal]]).all(axis=1)]
    _, firsts = np.unique(found[equal], return_index=True)
    same[equal[firsts]] = found[equal[firsts]]
    return same


def _hash_rows(vectors: Float32) -> Index:
    """A number for each row, the same for the same bytes: a sum of its words times odd numbers, modulo 2^64."""
    words = np.ascontiguousarray(vectors).view(np.uint32)
    drawn = np.random.default_rng(_SEED).integers(1, 2**63, words.shape[1], dtype=np.uint64)
    factors = np.asarray(drawn | np.uint64(1), np.uint64)
    hashes = np.zeros(len(words), np.uint64)
    for column in range(words.shape[1]):
        hashes += words[:, column].astype(np.uint64) * factors[column]
    return np.asarray(hashes.view(np.int64), np.intp)
