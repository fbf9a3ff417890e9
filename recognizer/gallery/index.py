"""Search the gallery as one matrix: for 50,000 faces a single matrix product is the fastest search in NumPy.

The rows are sorted by person, so one `maximum.reduceat` finds each person's best face without a loop.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from detectors.arrays import Float32, Index
from recognizer.gallery.negatives import Negatives
from recognizer.gallery.usable import are_unit
from recognizer.normalisation import Cohort, Nearness

MAX_TEMPLATES = 64  # templates per product: limits the scores to 12 MiB at 50,000 faces


@dataclass(frozen=True, slots=True)
class Matches:
    """The score of every person for each template.

    scores: float32 (T,P), the highest score of template t with a face of person p; people in the order of the index.
    """

    scores: Float32

    def top(self, row: int) -> list[tuple[int, float]]:
        """The two best people for one template as (person index, score), best first; fewer if fewer are enrolled."""
        scores = self.scores[row]
        if len(scores) <= 2:
            order = np.argsort(-scores, kind="stable")
        else:
            best = int(np.argmax(scores))
            others = scores.copy()
            others[best] = -np.inf
            order = np.array([best, int(np.argmax(others))])
        return [(int(person), float(scores[person])) for person in order]


class OtherModelError(ValueError):
    """A gallery holds vectors of another model; vectors of different models cannot be compared."""


class RefusedError(ValueError):
    """A gallery does not take a vector or a name, however often it is asked."""


class GalleryIndex:
    """People and their face vectors. Immutable: after a change, `Gallery.index()` builds a new one.

    Scores are cosines; with a cohort they are normalised against it.
    """

    def __init__(
        self,
        model_id: str,
        vectors: Float32,
        labels: Sequence[str],
        *,
        cohort: Cohort | None = None,
        negatives: Negatives | None = None,
    ) -> None:
        """Index unit vectors, float32 (F,D), with one person's name per row.

        negatives: tracks that are not these people; those of others are left out.

        Raises ValueError for other shapes, and for rows that are not finite or not of unit length.
        """
        if vectors.ndim != 2 or len(vectors) != len(labels) or vectors.dtype != np.float32:
            raise ValueError(f"vectors: expected float32 ({len(labels)}, D), got {vectors.dtype} {vectors.shape}")
        if not (good := are_unit(vectors)).all():
            row = int(np.argmin(good))
            raise ValueError(f"vectors: expected finite rows of unit length, got another for {labels[row]}, row {row}")
        self.people: tuple[str, ...] = tuple(sorted(set(labels)))
        position = {name: number for number, name in enumerate(self.people)}
        owner = np.array([position[name] for name in labels], dtype=np.intp)
        order = np.argsort(owner, kind="stable")
        self.model_id = model_id
        self.vectors: Float32 = np.ascontiguousarray(vectors[order])
        self._cohort = cohort
        self._nearness = cohort.nearness(self.vectors) if cohort else None
        self.negatives = (negatives or Negatives.none(self.vectors.shape[1])).of(self.people)
        self._denied: Index = np.array([position[name] for name in self.negatives.people], np.intp)
        self._negative_nearness = cohort.nearness(self.negatives.vectors) if cohort else None
        self._starts: Index = np.searchsorted(owner[order], np.arange(len(self.people))).astype(np.intp)

    @classmethod
    def empty(cls, model_id: str = "", dim: int = 0) -> "GalleryIndex":
        """An index without people."""
        return cls(model_id, np.zeros((0, dim), np.float32), ())

    def against(self, cohort: Cohort | None) -> "GalleryIndex":
        """The same people, with scores normalised against a cohort; plain cosines for None."""
        return GalleryIndex(self.model_id, self.vectors, self.labels, cohort=cohort, negatives=self.negatives)

    @property
    def labels(self) -> list[str]:
        """The person's name of each row of `vectors`."""
        faces = np.diff(np.append(self._starts, len(self.vectors)))
        return [name for name, count in zip(self.people, faces, strict=True) for _ in range(count)]

    def __len__(self) -> int:
        """Number of faces, not of people: every face is one comparison that can give a false alarm."""
        return len(self.vectors)

    def search(self, templates: Float32) -> Matches:
        """Compare templates, float32 (T,D) unit vectors, with all faces.

        Raises ValueError when D differs from the gallery's.
        """
        people = len(self.people)
        if not people:
            return Matches(np.zeros((len(templates), 0), np.float32))
        if templates.ndim != 2 or templates.shape[1] != self.vectors.shape[1]:
            raise ValueError(f"templates: expected (T, {self.vectors.shape[1]}), got {templates.shape}")
        scores = np.empty((len(templates), people), np.float32)
        for start in range(0, len(templates), MAX_TEMPLATES):
            faces = self._scores(templates[start : start + MAX_TEMPLATES], self.vectors, self._nearness)
            scores[start : start + MAX_TEMPLATES] = np.maximum.reduceat(faces, self._starts, axis=1)
        return Matches(scores)

    def search_negatives(self, template: Float32) -> Float32:
        """The highest score of a template, float32 (D,), with the negatives of each person, (P,); -inf without any."""
        best = np.full(len(self.people), -np.inf, np.float32)
        if len(self._denied):
            scores = self._scores(template[None], self.negatives.vectors, self._negative_nearness)[0]
            np.maximum.at(best, self._denied, scores)
        return best

    def _scores(self, templates: Float32, vectors: Float32, nearness: Nearness | None) -> Float32:
        """Scores (T,N) of templates with vectors (N,D)."""
        cosines: Float32 = templates @ vectors.T
        if self._cohort is None or nearness is None:
            return cosines
        return self._cohort.normalise(cosines, self._cohort.nearness(templates), nearness)
