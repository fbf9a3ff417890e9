"""What a track has shown of its face so far: a single 16-pixel crop cannot be trusted, the pool of a track can.

The surprising decision: crops are counted by how much they differ, not by their number. A hundred crops of a face that
stands still are one look a hundred times; counting them as a hundred would make the pool confident, not right.
"""

from dataclasses import dataclass

import numpy as np

from detectors.arrays import Float32, Float64

MAX_SAMPLES = 32  # looks kept per track: beyond it the pool gains nothing measurable, and memory stays bounded
DECORRELATION_SECONDS = 0.5  # seconds after which two crops of one track are no longer the same look
SAME_VIEW_COSINE = 0.8  # cosine above which two crops begin to count as the same look, whatever the time between them


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """One crop: its unit vector float32 (D,), weight, face height in pixels and media time in seconds."""

    vector: Float32
    weight: float
    face_px: float
    time: float


class Evidence:
    """The pooled looks of one track.

    At most `capacity` are kept; when one too many comes, the lightest goes, of equals the oldest. So a track may live
    for days. Deterministic: the same calls give the same template to the last bit.
    """

    def __init__(self, *, capacity: int = MAX_SAMPLES) -> None:
        if capacity < 1:
            raise ValueError(f"capacity: expected 1 or more, got {capacity}")
        self.faces = 0
        self._capacity = capacity
        self._looks: list[Sample] = []

    def __len__(self) -> int:
        """Looks kept now; `faces` counts all that were ever pooled."""
        return len(self._looks)

    def add(self, vector: Float32, *, weight: float, face_px: float, time: float) -> bool:
        """Pool one float32 (D,) embedding; False, and nothing changes, when it is zero, not finite or weighs nothing.

        Raises ValueError when D is not that of the vectors before.
        """
        if self._looks and vector.shape != self._looks[0].vector.shape:
            raise ValueError(f"vector: expected shape {self._looks[0].vector.shape}, got {vector.shape}")
        length = float(np.linalg.norm(vector))
        if not (np.isfinite([length, weight, face_px, time]).all() and length > 1e-6 and weight > 0):
            return False
        self.faces += 1
        self._looks.append(Sample((vector / length).astype(np.float32), float(weight), float(face_px), float(time)))
        if len(self._looks) > self._capacity:
            weights = [look.weight for look in self._looks]
            del self._looks[weights.index(min(weights))]
        return True

    def template(self) -> Float32:
        """The weighted mean direction, float32 (D,), unit length; raises ValueError while nothing is pooled."""
        if not self._looks:
            raise ValueError("evidence: expected at least one look, got none")
        vectors, weights = self._arrays()
        mean = weights @ vectors / weights.sum()
        length = float(np.linalg.norm(mean))
        if length < 1e-6:  # opposite vectors cancel: the heaviest look is the best answer left
            mean, length = vectors[int(np.argmax(weights))], 1.0
        template: Float32 = (mean / length).astype(np.float32)
        return template

    @property
    def effective(self) -> float:
        """Independent looks: (Σ w)² / ΣΣ wᵢ wⱼ ρᵢⱼ, Kish's effective sample size (Survey Sampling, 1965).

        ρᵢⱼ = max(exp(-|tᵢ - tⱼ| / TAU), (cosᵢⱼ - ALIKE) / (1 - ALIKE)), within 0..1: looks count as one when they are
        close in time or nearly identical.
        """
        if not self._looks:
            return 0.0
        vectors, weights = self._arrays()
        times = np.array([look.time for look in self._looks])
        close = np.exp(-np.abs(times[:, None] - times[None, :]) / DECORRELATION_SECONDS)
        alike = (vectors @ vectors.T - SAME_VIEW_COSINE) / (1 - SAME_VIEW_COSINE)
        same = np.clip(np.maximum(close, alike), 0, 1)
        np.fill_diagonal(same, 1.0)
        return float(weights.sum() ** 2 / (weights @ same @ weights))

    @property
    def median_px(self) -> float:
        """Median face height of the looks kept, pixels; 0 while there are none."""
        return float(np.median([look.face_px for look in self._looks])) if self._looks else 0.0

    def _arrays(self) -> tuple[Float64, Float64]:
        vectors = np.array([look.vector for look in self._looks], dtype=np.float64)
        return vectors, np.array([look.weight for look in self._looks], dtype=np.float64)
