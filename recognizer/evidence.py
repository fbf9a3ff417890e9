"""Pools the crops of one track: a single 16-pixel crop cannot be trusted, a pool of them can.

Crops count by how much they differ. A hundred crops of a face that stands still are one look, and counting them as a
hundred would make the pool confident without making it right.
"""

import math
from dataclasses import dataclass

import numpy as np

from detectors.arrays import Float32, Float64

MAX_SAMPLES = 32  # per track; more gain nothing measurable, and memory stays bounded
DECORRELATION_SECONDS = 0.5  # after which two crops of one track count as separate looks
SAME_VIEW_COSINE = 0.8  # from which two crops start to count as one look, at any distance in time


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """One crop: its unit vector float32 (D,), weight, face height in pixels and media time in seconds.

    length: of its feature, NaN where the recogniser gives none.
    """

    vector: Float32
    weight: float
    face_px: float
    time: float
    length: float = math.nan


class Evidence:
    """The pooled crops of one track, at most `capacity`: the lightest goes first, of equals the oldest.

    Deterministic: the same calls give the same template to the last bit.
    """

    def __init__(self, *, capacity: int = MAX_SAMPLES) -> None:
        if capacity < 1:
            raise ValueError(f"capacity: expected 1 or more, got {capacity}")
        self.faces = 0
        self._capacity = capacity
        self._samples: list[Sample] = []

    def __len__(self) -> int:
        """Samples kept now; `faces` counts all that were ever pooled."""
        return len(self._samples)

    def add(self, vector: Float32, *, weight: float, face_px: float, time: float, length: float = math.nan) -> bool:
        """Pool one embedding, float32 (D,). False for one that is zero, not finite or of no weight; it changes nothing.

        Raises ValueError where D differs from that of earlier vectors.
        """
        if self._samples and vector.shape != self._samples[0].vector.shape:
            raise ValueError(f"vector: expected shape {self._samples[0].vector.shape}, got {vector.shape}")
        norm = float(np.linalg.norm(vector))
        if not (np.isfinite([norm, weight, face_px, time]).all() and norm > 1e-6 and weight > 0):
            return False
        self.faces += 1
        unit = (vector / norm).astype(np.float32)
        self._samples.append(Sample(unit, float(weight), float(face_px), float(time), float(length)))
        if len(self._samples) > self._capacity:
            weights = [sample.weight for sample in self._samples]
            del self._samples[weights.index(min(weights))]
        return True

    def template(self) -> Float32:
        """The weighted mean direction, unit vector float32 (D,). Raises ValueError while nothing is pooled."""
        if not self._samples:
            raise ValueError("evidence: expected at least one look, got none")
        vectors, weights = self._arrays()
        mean = weights @ vectors / weights.sum()
        length = float(np.linalg.norm(mean))
        if length < 1e-6:  # opposite vectors cancel; take the heaviest
            mean, length = vectors[int(np.argmax(weights))], 1.0
        template: Float32 = (mean / length).astype(np.float32)
        return template

    @property
    def effective(self) -> float:
        """Independent looks: (Σ w)² / ΣΣ wᵢ wⱼ ρᵢⱼ, Kish's effective sample size (Survey Sampling, 1965).

        ρᵢⱼ = max(exp(-|tᵢ - tⱼ| / DECORRELATION_SECONDS), (cosᵢⱼ - c) / (1 - c)) clipped to 0..1, c = SAME_VIEW_COSINE:
        crops count as one look where they are close in time or nearly identical.
        """
        if not self._samples:
            return 0.0
        vectors, weights = self._arrays()
        times = np.array([sample.time for sample in self._samples])
        close = np.exp(-np.abs(times[:, None] - times[None, :]) / DECORRELATION_SECONDS)
        alike = (vectors @ vectors.T - SAME_VIEW_COSINE) / (1 - SAME_VIEW_COSINE)
        same = np.clip(np.maximum(close, alike), 0, 1)
        np.fill_diagonal(same, 1.0)
        return float(weights.sum() ** 2 / (weights @ same @ weights))

    @property
    def median_px(self) -> float:
        """Median face height of the samples kept, in pixels; 0 without any."""
        return float(np.median([sample.face_px for sample in self._samples])) if self._samples else 0.0

    def _arrays(self) -> tuple[Float64, Float64]:
        vectors = np.array([sample.vector for sample in self._samples], dtype=np.float64)
        return vectors, np.array([sample.weight for sample in self._samples], dtype=np.float64)
