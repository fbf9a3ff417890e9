"""The adaptation head, and its closed forms: linear discriminant analysis (LDA), PCA or a random projection.

In the LDA each face is a class, and the change of its features with resolution is the scatter within the class. With
128 dimensions at 16 pixels it loses nothing against the teacher's 512, while PCA loses two points of LFW accuracy
(docs/training/findings.md). Students also reach its targets more easily.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from detectors.arrays import AnyArray, Float32, Float64
from distill.data.store import write_atomic
from recognizer.preprocess import l2_normalise


@dataclass(frozen=True, slots=True)
class Head:
    """Projects teacher features to compact targets: `l2_normalise((features - mean) @ matrix)`.

    mean (D,): of sharp faces. low_mean (D,): of low-resolution faces. matrix (D,dim). Low-resolution features have a
    mean of their own, because an uncertain student predicts the mean of its targets: if that mean is not zero, it adds
    the same error to every comparison with a sharp face.
    """

    mean: Float32
    low_mean: Float32
    matrix: Float32

    def __call__(self, features: AnyArray) -> Float32:
        """Project features of sharp faces (N,D) to unit rows float32 (N,dim)."""
        return l2_normalise((np.asarray(features, np.float32) - self.mean) @ self.matrix)

    def project_low(self, features: AnyArray) -> Float32:
        """Project features of low-resolution faces (N,D) to unit rows float32 (N,dim)."""
        return l2_normalise((np.asarray(features, np.float32) - self.low_mean) @ self.matrix)

    @property
    def dim(self) -> int:
        """The length of a target."""
        return int(self.matrix.shape[1])

    def same_as(self, other: "Head") -> bool:
        """Return whether both heads have exactly the same values, and so make the same feature space."""
        own, others = (self.mean, self.low_mean, self.matrix), (other.mean, other.low_mean, other.matrix)
        return all(np.array_equal(first, second) for first, second in zip(own, others, strict=True))

    def save(self, path: Path) -> None:
        """Write the arrays to one .npz, atomically."""
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".partial.npz")
        np.savez(partial, mean=self.mean, low_mean=self.low_mean, matrix=self.matrix)
        write_atomic(path, partial.read_bytes())
        partial.unlink()


def load_head(path: Path) -> Head:
    """Read a saved head.

    Raises FileNotFoundError, and for a damaged file ValueError, KeyError, EOFError or zipfile.BadZipFile.
    """
    with np.load(path) as arrays:
        return Head(arrays["mean"], arrays["low_mean"], arrays["matrix"])


def random_head(sharp: Float32, low: Float32, dim: int, *, seed: int) -> Head:
    """Project on random orthonormal directions, which roughly preserve cosines. Features (N,D) give only the means."""
    directions = np.linalg.qr(np.random.default_rng(seed).standard_normal((sharp.shape[1], dim)))[0]
    return Head(sharp.mean(axis=0), low.mean(axis=0), directions.astype(np.float32))


def pca_head(sharp: Float32, low: Float32, dim: int, *, whiten: float) -> Head:
    """Project on the principal components of sharp features (N,D). whiten: 0 keeps their variances, 1 equalises them.

    low: (N,D), only for its mean.
    """
    mean = sharp.mean(axis=0)
    values, vectors = np.linalg.eigh(np.cov(sharp.T.astype(np.float64)))
    best, strength = vectors[:, ::-1][:, :dim], np.maximum(values[::-1][:dim], 1e-12)
    return Head(mean, low.mean(axis=0), (best * strength ** (-whiten / 2)).astype(np.float32))


def lda_head(sharp: Float32, low: Float32, dim: int, *, noise_weight: float, whiten: float) -> Head:
    """Project on directions that vary much between faces and little between resolutions of one face.

    sharp, low: (N,D) features of the same faces. Solves `between v = λ within v` (Fisher 1936) with
    within = mean noise · I + noise_weight · cov(sharp - low), and scales the directions by λ^((1 - whiten) / 2).
    """
    mean, low_mean = sharp.mean(axis=0), low.mean(axis=0)
    centred, dim_in = (sharp - mean).astype(np.float64), sharp.shape[1]
    centred_low = (low - low_mean).astype(np.float64)
    noise = np.cov((centred - centred_low).T)
    between = np.cov((centred + centred_low).T / 2)
    floor = max(np.trace(noise), 1e-6 * np.trace(between)) / dim_in  # above 0 even if low equals sharp
    values, vectors = _generalised_eigh(between, np.eye(dim_in) * floor + noise_weight * noise)
    best, ratio = vectors[:, ::-1][:, :dim], np.maximum(values[::-1][:dim], 1e-12)
    return Head(mean, low_mean, (best * ratio ** ((1 - whiten) / 2)).astype(np.float32))


def _generalised_eigh(between: Float64, within: Float64) -> tuple[Float64, Float64]:
    """Return ascending eigenvalues and eigenvectors of `between v = λ within v`, by Cholesky decomposition."""
    lower = np.linalg.cholesky(within)
    inverse = np.linalg.inv(lower)
    values, vectors = np.linalg.eigh(inverse @ between @ inverse.T)
    return values, inverse.T @ vectors
