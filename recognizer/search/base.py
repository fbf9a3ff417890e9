"""What a search of many vectors answers, and how it changes."""

from dataclasses import dataclass
from typing import Protocol

from detectors.arrays import Float32, Index


@dataclass(frozen=True, slots=True)
class Found:
    """The nearest vectors of each template, best first. keys: (T,K); -1 where there are fewer.

    cosines: float32 (T,K), exact, of the full vectors; -inf where there are fewer.
    """

    keys: Index
    cosines: Float32


class Search(Protocol):
    """Unit vectors by key. A key names one vector and may be used again after it was erased."""

    def __len__(self) -> int: ...

    def add(self, vectors: Float32) -> Index:
        """Take up unit vectors, float32 (N,D); returns their keys (N,)."""
        ...

    def erase(self, keys: Index) -> None:
        """Forget vectors and overwrite their bytes in memory. Raises KeyError for a key that is not in use."""
        ...

    def nearest(self, templates: Float32, count: int) -> Found:
        """The `count` nearest vectors of templates, float32 (T,D) unit vectors."""
        ...
