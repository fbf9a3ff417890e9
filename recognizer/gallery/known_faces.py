"""The enrolled faces during an enrolment: each new face is appended, where an index would be built anew."""

from dataclasses import dataclass

import numpy as np

from detectors.arrays import Float32
from recognizer.gallery.index import GalleryIndex
from recognizer.normalisation import Cohort, Nearness

SAME_FACE_COSINE = 0.95  # of two people: from here on it is one photograph twice, or one person


@dataclass(frozen=True, slots=True)
class Lookalike:
    """The face of another person that is most like a new one. score: as the pipeline compares."""

    person: str
    score: float


@dataclass(frozen=True, slots=True)
class Likeness:
    """How like a face is to the nearest of its person's own, of so many. score: as the pipeline compares."""

    score: float
    faces: int


class KnownFaces:
    """Vectors, names, and nearness to strangers, in arrays that grow to twice their size when they are full."""

    def __init__(self, index: GalleryIndex, cohort: Cohort | None) -> None:
        """index: the faces known at the start, float32 (F,D)."""
        self._cohort, self._count = cohort, len(index)
        self._people: list[str] = list(index.people)
        self._number = {name: number for number, name in enumerate(self._people)}
        self._vectors = index.vectors.copy()
        self._owners = np.array([self._number[name] for name in index.labels], np.intp)
        self._means, self._stds = self._nearness(self._vectors)

    def __len__(self) -> int:
        """Number of faces."""
        return self._count

    def append(self, person: str, vector: Float32) -> None:
        """Add one face: a unit vector, float32 (D,)."""
        if self._count == len(self._vectors):
            self._grow(len(vector))
        number = self._number.setdefault(person, len(self._people))
        if number == len(self._people):
            self._people.append(person)
        row, means_and_stds = self._count, self._nearness(vector[None])
        self._vectors[row], self._owners[row] = vector, number
        self._means[row], self._stds[row] = means_and_stds[0][0], means_and_stds[1][0]
        self._count += 1

    def refuse_same(self, vector: Float32, person: str) -> str:
        """Why a face of this person cannot be enrolled beside a face of another; empty for nothing."""
        others = np.flatnonzero(self._owners[: self._count] != self._number.get(person, -1))
        if not len(others):
            return ""
        cosines = self._vectors[others] @ vector
        best = int(np.argmax(cosines))
        if cosines[best] < SAME_FACE_COSINE:
            return ""
        other = self._people[self._owners[others[best]]]
        return f"the same face as {other}: cosine {cosines[best]:.2f}, two people stay below {SAME_FACE_COSINE}"

    def nearest_other(self, vector: Float32, person: str) -> Lookalike | None:
        """The nearest face of anybody but this person; None if nobody else is enrolled."""
        rows = np.flatnonzero(self._owners[: self._count] != self._number.get(person, -1))
        if not len(rows):
            return None
        cosines = self._vectors[: self._count] @ vector
        scores = self._scores(cosines, vector)
        best = int(rows[np.argmax(scores[rows])])
        return Lookalike(self._people[self._owners[best]], float(scores[best]))

    def nearest_own(self, vector: Float32, person: str) -> Likeness | None:
        """How like a new face is to those of its own person; None where none is enrolled."""
        rows = np.flatnonzero(self._owners[: self._count] == self._number.get(person, -1))
        if not len(rows):
            return None
        scores = self._scores(self._vectors[: self._count] @ vector, vector)[rows]
        return Likeness(float(scores.max()), len(rows))

    def _scores(self, cosines: Float32, vector: Float32) -> Float32:
        if self._cohort is None:
            return cosines
        faces = Nearness(self._means[: self._count], self._stds[: self._count])
        scores: Float32 = self._cohort.normalise(cosines[None], self._cohort.nearness(vector[None]), faces)[0]
        return scores

    def _nearness(self, vectors: Float32) -> tuple[Float32, Float32]:
        if self._cohort is None or not len(vectors):
            return np.zeros(len(vectors), np.float32), np.ones(len(vectors), np.float32)
        nearness = self._cohort.nearness(vectors)
        return nearness.mean, nearness.std

    def _grow(self, dim: int) -> None:
        more = max(64, self._count)
        self._vectors = np.concatenate([self._vectors.reshape(-1, dim), np.zeros((more, dim), np.float32)])
        self._owners = np.concatenate([self._owners, np.zeros(more, np.intp)])
        self._means = np.concatenate([self._means, np.zeros(more, np.float32)])
        self._stds = np.concatenate([self._stds, np.ones(more, np.float32)])
