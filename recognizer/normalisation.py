"""Scores relative to a cohort of strangers: a face that resembles everybody must reach more to be somebody.

Adaptive symmetric normalisation (Matějka et al., "Analysis of Score Normalization in Multilingual Speaker
Recognition", Interspeech 2017): a score counts relative to those of the strangers that resemble its two sides most. It
is divided by the square root of their standard deviation only: of some hundred scores the deviation is too uncertain,
and dividing by all of it loses more than it gains (`python -m benchmarks.cohorts`).
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from detectors.arrays import Float32, Index, Int8
from recognizer.preprocess import l2_normalise

TOP_SHARE = 0.04  # of the cohort: the strangers most similar to a vector
UNTOLD_SHARE = 0.1  # where a file does not say it: those that were made before it could
EXPONENT = 0.5  # of the standard deviation of their scores
MIN_STD = 1e-3  # keeps a vector without a direction from dividing by zero
ROWS = 1024  # vectors compared with the cohort at once: 20 MiB of scores for five thousand strangers
_LEVELS = 127  # of int8


@dataclass(frozen=True, slots=True)
class Nearness:
    """Mean and standard deviation of N vectors' scores with their most similar strangers, float32 (N,) each."""

    mean: Float32
    std: Float32

    def of(self, rows: Index) -> "Nearness":
        """That of some of the vectors."""
        return Nearness(self.mean[rows], self.std[rows])

    def normalise(self, scores: Float32) -> Float32:
        """Scores (..., N) relative to these strangers."""
        return np.asarray((scores - self.mean) / self.std**EXPONENT, np.float32)


class Cohort:
    """Templates of strangers, made with the sharpest member of one recogniser.

    weights: `Recognizer.weights` of that recogniser.  share: of the strangers, those most similar to a vector.
    digest: names this cohort in calibrations.  own: the nearness of each of its strangers to the others.
    """

    def __init__(self, vectors: Float32, *, weights: str, share: float = TOP_SHARE) -> None:
        """vectors: unit rows float32 (C,D). Raises ValueError for fewer than ten, and for a share beyond 0 to 1."""
        if vectors.ndim != 2 or len(vectors) < 10:
            raise ValueError(f"cohort: expected ten or more vectors (C, D), got {vectors.shape}")
        if not 0 < share <= 1:
            raise ValueError(f"cohort: expected a share above 0 and at most 1, got {share:g}")
        stored = _quantise(l2_normalise(vectors))
        self.vectors: Float32 = l2_normalise(stored.astype(np.float32))  # as a file gives them back
        self.weights, self.share = weights, share
        told = "" if share == UNTOLD_SHARE else f"{share:g}"
        self.digest = hashlib.sha256(stored.tobytes() + told.encode()).hexdigest()[:16]
        self._top = max(2, round(share * len(vectors)))
        self.own = self._describe(self.vectors @ self.vectors.T - 2 * np.eye(len(vectors), dtype=np.float32))
        self._mean, self._scale = float(self.own.mean.mean()), float((self.own.std**EXPONENT).mean())

    def nearness(self, vectors: Float32) -> Nearness:
        """What strangers score with unit vectors (N,D)."""
        mean, std = np.zeros(len(vectors), np.float32), np.ones(len(vectors), np.float32)
        for start in range(0, len(vectors), ROWS):
            rows = slice(start, start + ROWS)
            found = self._describe(vectors[rows] @ self.vectors.T)
            mean[rows], std[rows] = found.mean, found.std
        return Nearness(mean, std)

    def normalise(self, cosines: Float32, templates: Nearness, faces: Nearness) -> Float32:
        """Cosines (T,F), normalised on both sides. templates, faces: their `nearness`.

        The result is put back on the scale of cosines by the average of the cohort's own members: a pair of faces that
        are as near to strangers as these keeps its cosine. It may exceed 1.
        """
        both = faces.normalise(cosines) + templates.normalise(cosines.T).T
        return np.asarray(self._mean + self._scale * 0.5 * both, np.float32)

    def save(self, path: Path) -> None:
        """Write the cohort as int8."""
        told = {"weights": np.array(self.weights), "share": np.array(self.share)}
        np.savez_compressed(path, allow_pickle=False, vectors=_quantise(self.vectors), **told)

    def _describe(self, scores: Float32) -> Nearness:
        top = np.partition(scores, scores.shape[1] - self._top, axis=1)[:, -self._top :]
        return Nearness(top.mean(axis=1), np.maximum(top.std(axis=1), MIN_STD))


def load_cohort(path: Path) -> Cohort:
    """Read a file written by `python -m recognizer.cohort`. Raises ValueError for any other file."""
    try:
        with np.load(path) as content:
            share = float(content["share"]) if "share" in content else UNTOLD_SHARE
            return Cohort(content["vectors"].astype(np.float32), weights=str(content["weights"]), share=share)
    except (OSError, KeyError, ValueError) as error:
        raise ValueError(f"cohort {path}: expected a file of python -m recognizer.cohort ({error})") from error


def _quantise(vectors: Float32) -> Int8:
    """Unit rows (C,D) as int8; each row is scaled by its own largest component, which its length 1 gives back."""
    largest = np.maximum(np.abs(vectors).max(axis=1, keepdims=True), 1e-6)
    return np.asarray(np.rint(vectors / largest * _LEVELS), np.int8)
