"""The adaptation head's closed-form start: PCA, or the directions that a small face keeps.

The surprising decision: the start is not PCA but a discriminant analysis whose "classes" are faces and whose "within"
is what resolution does to them. At 16 pixels it keeps all the teacher's 512 dimensions know in 128, where PCA loses
two points of LFW (docs/training/findings.md), and it makes the target easier to hit from a small view.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from detectors.arrays import AnyArray, Float32, Float64
from distill.data.store import write_atomic
from distill.teacher.model import l2_normalise


@dataclass(frozen=True, slots=True)
class Head:
    """Teacher features to compact targets: `unit((features - mean) @ matrix)`. mean (D,), matrix (D,dim).

    low_mean (D,): the mean of small views, for features of small views alone. A student that is unsure answers with the
    mean of its targets; were that not zero, it would add the same nonsense to every comparison with a sharp face.
    """

    mean: Float32
    low_mean: Float32
    matrix: Float32

    def __call__(self, features: AnyArray) -> Float32:
        """Unit rows float32 (N,dim) of teacher features (N,D)."""
        return l2_normalise((np.asarray(features, np.float32) - self.mean) @ self.matrix)

    def project_low(self, features: AnyArray) -> Float32:
        """The same for features of small views, about their own mean."""
        return l2_normalise((np.asarray(features, np.float32) - self.low_mean) @ self.matrix)

    @property
    def dim(self) -> int:
        """Length of a target."""
        return int(self.matrix.shape[1])

    def same_as(self, other: "Head") -> bool:
        """Whether both make the same space, bit for bit."""
        mine, its = (self.mean, self.low_mean, self.matrix), (other.mean, other.low_mean, other.matrix)
        return all(np.array_equal(one, two) for one, two in zip(mine, its, strict=True))

    def save(self, path: Path) -> None:
        """Write the arrays as one .npz, replaced at once."""
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".partial.npz")
        np.savez(partial, mean=self.mean, low_mean=self.low_mean, matrix=self.matrix)
        write_atomic(path, partial.read_bytes())
        partial.unlink()


def load_head(path: Path) -> Head:
    """Read a saved head. Raises FileNotFoundError."""
    with np.load(path) as found:
        return Head(found["mean"], found["low_mean"], found["matrix"])


def random_head(sharp: Float32, low: Float32, dim: int, *, seed: int) -> Head:
    """A random projection on orthonormal directions: cosines about kept, nothing learnt from the faces but the means.

    sharp, low: (N,D), only for their means.
    """
    drawn = np.random.default_rng(seed).standard_normal((sharp.shape[1], dim))
    return Head(sharp.mean(axis=0), low.mean(axis=0), np.linalg.qr(drawn)[0].astype(np.float32))


def pca_head(sharp: Float32, low: Float32, dim: int, *, whiten: float) -> Head:
    """Principal directions of sharp features (N,D); whiten 0 keeps their variances, 1 makes them equal.

    low: (N,D), only for its mean.
    """
    mean = sharp.mean(axis=0)
    values, vectors = np.linalg.eigh(np.cov(sharp.T.astype(np.float64)))
    best, strength = vectors[:, ::-1][:, :dim], np.maximum(values[::-1][:dim], 1e-12)
    return Head(mean, low.mean(axis=0), (best * strength ** (-whiten / 2)).astype(np.float32))


def lda_head(sharp: Float32, low: Float32, dim: int, *, noise_weight: float, whiten: float) -> Head:
    """Directions with much difference between faces and little between a face and its small view.

    sharp, low: (N,D) features of the same faces. Solves `between v = λ within v` (Fisher 1936) with
    within = mean noise · I + noise_weight · cov(sharp - low); directions are scaled by λ^((1 - whiten) / 2).
    """
    mean, low_mean = sharp.mean(axis=0), low.mean(axis=0)
    seen, dim_in = (sharp - mean).astype(np.float64), sharp.shape[1]
    dimmed = (low - low_mean).astype(np.float64)
    noise = np.cov((seen - dimmed).T)
    between = np.cov((seen + dimmed).T / 2)
    floor = max(np.trace(noise), 1e-6 * np.trace(between)) / dim_in  # views may lose nothing at all
    values, vectors = _generalised(between, np.eye(dim_in) * floor + noise_weight * noise)
    best, ratio = vectors[:, ::-1][:, :dim], np.maximum(values[::-1][:dim], 1e-12)
    return Head(mean, low_mean, (best * ratio ** ((1 - whiten) / 2)).astype(np.float32))


def _generalised(between: Float64, within: Float64) -> tuple[Float64, Float64]:
    """Eigenvalues, ascending, and vectors of `between v = λ within v`, by the Cholesky factor of `within`."""
    lower = np.linalg.cholesky(within)
    inverse = np.linalg.inv(lower)
    values, vectors = np.linalg.eigh(inverse @ between @ inverse.T)
    return values, inverse.T @ vectors
