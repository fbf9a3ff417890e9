"""Templates of several tracks pooled into one, as the crops of a track are pooled (`recognizer.evidence`)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from detectors.arrays import Float32


@dataclass(frozen=True, slots=True)
class Pool:
    """What tracks look like together. total: Σ weight · unit vector, float32 (D,).  weight: Σ weight.

    heaviest: the weight of the best crop.  px_weight: Σ weight · face height.
    """

    total: Float32
    weight: float
    heaviest: float
    px_weight: float

    @property
    def vector(self) -> Float32:
        """The mean direction, unit vector float32 (D,)."""
        return np.asarray(self.total / max(float(np.linalg.norm(self.total)), 1e-6), np.float32)

    @property
    def px(self) -> float:
        """Mean face height by weight, pixels."""
        return self.px_weight / self.weight

    @property
    def looks(self) -> float:
        """How many times the weight of the best crop this rests on."""
        return self.weight / self.heaviest

    def __add__(self, other: "Pool") -> "Pool":
        return Pool(
            self.total + other.total,
            self.weight + other.weight,
            max(self.heaviest, other.heaviest),
            self.px_weight + other.px_weight,
        )


def pool_of(data: bytes, *, px: float, looks: float, weight: float) -> Pool:
    """One stored template: float16, little-endian. weight: of all its crops together."""
    vector = np.frombuffer(data, "<f2").astype(np.float32)
    weight = max(weight, 1e-6)
    return Pool(weight * vector / np.linalg.norm(vector), weight, weight / max(looks, 1.0), weight * px)


def stack(pools: Sequence[Pool], dim: int) -> Float32:
    """The vectors of pools, float32 (N,dim)."""
    return np.stack([pool.vector for pool in pools]) if pools else np.zeros((0, dim), np.float32)
