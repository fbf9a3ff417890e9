"""Pools the crops of one track: a single 16-pixel crop cannot be trusted, a pool of them can.

Crops count by how much they differ. A hundred crops of a face that stands still are one look, and counting them as a
hundred would make the pool confident without making it right. It would also drown the one crop taken from near by:
therefore a crop's weight is divided by the number of crops, as good or better, that repeat it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from detectors.arrays import Float32, Float64

__all__ = ["Evidence", "Sample", "pooling_weights"]

MAX_SAMPLES = 32  # per track; more gain nothing measurable, and memory stays bounded
DECORRELATION_SECONDS = 0.5  # after which two crops of one track count as separate looks
SAME_VIEW_COSINE = 0.8  # from which two crops start to count as one look, at any distance in time
INDEPENDENT_COSINE = 0.6  # two crops of a track some seconds apart; below it, neither repeats anything of the other
LESSER_POWER = 4  # how fast a crop of less weight stops to count as a repetition of a better one


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """One crop: its unit vector float32 (D,), weight, face height in pixels and media time in seconds."""

    vector: Float32
    weight: float
    face_px: float
    time: float


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
        self._pool: tuple[Float64, Float64] | None = None

    def __len__(self) -> int:
        """Samples kept now; `faces` counts all that were ever pooled."""
        return len(self._samples)

    def add(self, vector: Float32, *, weight: float, face_px: float, time: float) -> bool:
        """Pool one embedding, float32 (D,). False for one that is zero, not finite or of no weight; it changes nothing.

        Raises ValueError where D differs from that of earlier vectors.
        """
        if self._samples and vector.shape != self._samples[0].vector.shape:
            raise ValueError(f"vector: expected shape {self._samples[0].vector.shape}, got {vector.shape}")
        norm = float(np.linalg.norm(vector))
        if not (np.isfinite([norm, weight, face_px, time]).all() and norm > 1e-6 and weight > 0):
            return False
        self.faces += 1
        self._pool = None
        unit = (vector / norm).astype(np.float32)
        self._samples.append(Sample(unit, float(weight), float(face_px), float(time)))
        if len(self._samples) > self._capacity:
            weights = [sample.weight for sample in self._samples]
            del self._samples[weights.index(min(weights))]
        return True

    def template(self) -> Float32:
        """The mean direction by `pooling_weights`, unit vector float32 (D,). Raises ValueError with nothing pooled."""
        if not self._samples:
            raise ValueError("evidence: expected at least one look, got none")
        vectors, weights = self._pooled()
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
        vectors, weights = self._pooled()
        times = np.array([sample.time for sample in self._samples])
        close = np.exp(-np.abs(times[:, None] - times[None, :]) / DECORRELATION_SECONDS)
        alike = (vectors @ vectors.T - SAME_VIEW_COSINE) / (1 - SAME_VIEW_COSINE)
        same = np.clip(np.maximum(close, alike), 0, 1)
        np.fill_diagonal(same, 1.0)
        return float(weights.sum() ** 2 / (weights @ same @ weights))

    @property
    def looks(self) -> float:
        """How many times the weight of the best crop the template rests on; 0 without any.

        n equal crops that repeat nothing of each other are n looks; a near crop among many far ones is little more than
        one. Thresholds are measured and chosen by it.
        """
        if not self._samples:
            return 0.0
        _, weights = self._pooled()
        return float(weights.sum() / max(sample.weight for sample in self._samples))

    @property
    def weight(self) -> float:
        """The weight of all crops in the template together; 0 without any. Better and other crops make it grow."""
        return float(self._pooled()[1].sum()) if self._samples else 0.0

    @property
    def median_px(self) -> float:
        """Median face height of the samples kept, in pixels; 0 without any."""
        return float(np.median([sample.face_px for sample in self._samples])) if self._samples else 0.0

    @property
    def pooled_px(self) -> float:
        """Mean face height of the samples kept, by their weight in the template, in pixels; 0 without any."""
        if not self._samples:
            return 0.0
        _, weights = self._pooled()
        return float(weights @ [sample.face_px for sample in self._samples] / weights.sum())

    @property
    def largest_px(self) -> float:
        """The greatest face height of the samples kept, in pixels; 0 without any."""
        return max((sample.face_px for sample in self._samples), default=0.0)

    @property
    def agreement(self) -> float | None:
        """Cosine of the templates of its earlier and its later samples; None where they are too few or too close.

        Two halves of one track show one person at different moments, so no label is needed to know how alike a person
        is to themselves. Both have two samples or more, and their mean times are DECORRELATION_SECONDS apart.
        """
        ordered = sorted(self._samples, key=lambda sample: sample.time)
        halves = ordered[: len(ordered) // 2], ordered[-(len(ordered) // 2) :]
        if len(ordered) < 4:
            return None
        means = [float(np.mean([sample.time for sample in half])) for half in halves]
        if means[1] - means[0] < DECORRELATION_SECONDS:
            return None
        earlier, later = (_pool(half).template() for half in halves)
        return float(np.clip(earlier @ later, -1, 1))

    def _pooled(self) -> tuple[Float64, Float64]:
        """Vectors (N,D) of the samples kept, and their weights (N,) in the template."""
        if self._pool is None:
            vectors = np.array([sample.vector for sample in self._samples], dtype=np.float64)
            weights = np.array([sample.weight for sample in self._samples], dtype=np.float64)
            self._pool = vectors, pooling_weights(vectors, weights)
        return self._pool


def _pool(samples: Sequence[Sample]) -> Evidence:
    pool = Evidence()
    for sample in samples:
        pool.add(sample.vector, weight=sample.weight, face_px=sample.face_px, time=sample.time)
    return pool


def pooling_weights(vectors: Float64, weights: Float64) -> Float64:
    """Weights (N,) of unit vectors (N,D) in a template: each is divided by how often the others repeat it.

    Crop j repeats crop i by (cosᵢⱼ - c) / (1 - c) clipped to 0..1, c = INDEPENDENT_COSINE, times
    min(1, wⱼ / wᵢ)^LESSER_POWER: a worse crop says nothing that makes a better one redundant. So n crops of one view
    together weigh about as much as one of them, however many they are (weights of similar sequences: Henikoff and
    Henikoff, J. Mol. Biol. 1994).
    """
    alike = np.clip((vectors @ vectors.T - INDEPENDENT_COSINE) / (1 - INDEPENDENT_COSINE), 0, 1)
    repeats = alike * np.minimum(1, weights[None, :] / weights[:, None]) ** LESSER_POWER
    np.fill_diagonal(repeats, 1.0)
    return np.asarray(weights / repeats.sum(axis=1))
