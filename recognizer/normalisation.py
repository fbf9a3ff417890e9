"""Scores relative to a cohort of strangers: a face that resembles everybody must reach more to be somebody.

What the most similar strangers score on average is subtracted on both sides, as in adaptive symmetric normalisation
(Matějka et al., "Analysis of Score Normalization in Multilingual Speaker Recognition", Interspeech 2017), but without
the division by their standard deviation: of fifty scores that is too uncertain, and dividing by it loses more than the
means gain (`python -m benchmarks.cohorts`).
"""

import hashlib
from pathlib import Path

import numpy as np

from detectors.arrays import Float32, Int8
from recognizer.preprocess import l2_normalise

TOP_SHARE = 0.05  # of the cohort: the strangers most similar to a vector
SHARE = 0.75  # of their mean score that is subtracted
ROWS = 4096  # vectors compared with the cohort at once: 16 MiB of scores for a thousand strangers
_LEVELS = 127  # of int8


class Cohort:
    """Templates of strangers, made with the sharpest member of one recogniser.

    weights: `Recognizer.weights` of that recogniser.  digest: names this cohort in calibrations.
    """

    def __init__(self, vectors: Float32, *, weights: str) -> None:
        """vectors: unit rows float32 (C,D). Raises ValueError for fewer than ten."""
        if vectors.ndim != 2 or len(vectors) < 10:
            raise ValueError(f"cohort: expected ten or more vectors (C, D), got {vectors.shape}")
        stored = _quantise(l2_normalise(vectors))
        self.vectors: Float32 = l2_normalise(stored.astype(np.float32))  # as a file gives them back
        self.weights = weights
        self.digest = hashlib.sha256(stored.tobytes()).hexdigest()[:16]
        self._top = max(2, round(TOP_SHARE * len(vectors)))
        own = self.vectors @ self.vectors.T - 2 * np.eye(len(vectors), dtype=np.float32)
        self._usual = float(self._mean_of_top(own).mean())

    def nearness(self, vectors: Float32) -> Float32:
        """What the most similar strangers score on average with unit vectors (N,D), float32 (N,)."""
        means = np.zeros(len(vectors), np.float32)
        for start in range(0, len(vectors), ROWS):
            means[start : start + ROWS] = self._mean_of_top(vectors[start : start + ROWS] @ self.vectors.T)
        return means

    def normalise(self, cosines: Float32, templates: Float32, faces: Float32) -> Float32:
        """Cosines (T,F), normalised on both sides. templates, faces: their `nearness`, (T,) and (F,).

        The result stays on the scale of cosines: a pair of faces that are as near to strangers as the cohort's own
        members keeps its cosine.
        """
        excess = (templates[:, None] + faces) / 2 - self._usual
        return np.asarray(cosines - SHARE * excess, np.float32)

    def save(self, path: Path) -> None:
        """Write the cohort as int8."""
        np.savez_compressed(path, vectors=_quantise(self.vectors), weights=np.array(self.weights))

    def _mean_of_top(self, scores: Float32) -> Float32:
        top = np.partition(scores, scores.shape[1] - self._top, axis=1)[:, -self._top :]
        return np.asarray(top.mean(axis=1), np.float32)


def load_cohort(path: Path) -> Cohort:
    """Read a file written by `python -m recognizer.cohort`. Raises ValueError for any other file."""
    try:
        with np.load(path) as content:
            return Cohort(content["vectors"].astype(np.float32), weights=str(content["weights"]))
    except (OSError, KeyError, ValueError) as error:
        raise ValueError(f"cohort {path}: expected a file of python -m recognizer.cohort ({error})") from error


def _quantise(vectors: Float32) -> Int8:
    """Unit rows (C,D) as int8; each row is scaled by its own largest component, which its length 1 gives back."""
    largest = np.maximum(np.abs(vectors).max(axis=1, keepdims=True), 1e-6)
    return np.asarray(np.rint(vectors / largest * _LEVELS), np.int8)
