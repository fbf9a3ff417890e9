"""Templates of tracks that are not a person: what somebody said "that is not Ada" of.

A recogniser that took a stranger for Ada once takes them for her again. The template of that track tells them apart
from then on (`recognizer.decide`).
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from detectors.arrays import Float32
from recognizer.gallery.usable import are_unit


@dataclass(frozen=True, slots=True)
class Negative:
    """A track that is not a person. vector: its pooled template, float32 (D,), unit length.

    source: names the track, so that it is kept once.  added_at: Unix seconds; 0 means the time at which it is added.
    """

    vector: Float32
    source: str
    added_at: float = 0.0


@dataclass(frozen=True, slots=True)
class Negatives:
    """Unit rows float32 (N,D), and for each the name that a track like it must not get."""

    vectors: Float32
    people: tuple[str, ...]

    @classmethod
    def none(cls, dim: int = 0) -> "Negatives":
        """No negatives."""
        return cls(np.zeros((0, dim), np.float32), ())

    def of(self, people: Sequence[str]) -> "Negatives":
        """Those of these people alone."""
        known = set(people)
        rows = [row for row, name in enumerate(self.people) if name in known]
        return Negatives(self.vectors[rows], tuple(self.people[row] for row in rows))


def usable_negatives(
    rows: Sequence[tuple[Any, ...]], unseal: Callable[[bytes], bytes | None]
) -> Iterator[tuple[str, Negative]]:
    """Names and negatives of the rows of `Dialect.negatives`.

    A damaged one is left out, since it could take a name from the right person.
    unseal: opens a stored vector; None for damage. Raises KeyNeededError for one of another key: without it, strangers
    would be named.
    """
    for name, stored, source, added_at, *_ in rows:
        if (data := unseal(stored)) is None:
            continue
        vector = np.frombuffer(data, "<f4").astype(np.float32)
        if are_unit(vector[None])[0]:
            yield name, Negative(vector, source or "", added_at or 0.0)


def stack(negatives: Sequence[tuple[str, Negative]], dim: int) -> Negatives:
    """Negatives with the names of their people, as an index takes them. dim: of a vector, where there are none."""
    if not negatives:
        return Negatives.none(dim)
    return Negatives(np.stack([one.vector for _, one in negatives]), tuple(name for name, _ in negatives))
