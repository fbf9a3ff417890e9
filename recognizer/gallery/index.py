"""The gallery as one matrix, because 50,000 faces are searched by a single product and by nothing faster in numpy.

Rows are sorted by person, so a person's best face is one `maximum.reduceat` and no loop.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from detectors.arrays import Float32, Index

MAX_TEMPLATES = 64  # templates per product: bounds the (templates, faces) scores to 12 MiB at 50,000 faces


@dataclass(frozen=True, slots=True)
class Matches:
    """Every enrolled person's best face for each template.

    scores: float32 (T,P), cosine of template t with the nearest face of person p; P people in the index's order.
    """

    scores: Float32

    def top(self, row: int) -> list[tuple[int, float]]:
        """The two nearest people of one template as (person, score), best first; fewer when fewer are enrolled."""
        scores = self.scores[row]
        if len(scores) <= 2:
            order = np.argsort(-scores, kind="stable")
        else:
            first = int(np.argmax(scores))
            others = scores.copy()
            others[first] = -np.inf
            order = np.array([first, int(np.argmax(others))])
        return [(int(person), float(scores[person])) for person in order]


class GalleryIndex:
    """People and their face vectors, immutable: `Gallery.index()` makes a new one when the file has changed."""

    def __init__(self, model_id: str, vectors: Float32, labels: Sequence[str]) -> None:
        """Index float32 (F,D) unit rows with one person's name each; raises ValueError on other shapes."""
        if vectors.ndim != 2 or len(vectors) != len(labels) or vectors.dtype != np.float32:
            raise ValueError(f"vectors: expected float32 ({len(labels)}, D), got {vectors.dtype} {vectors.shape}")
        names = np.array(labels, dtype=object)
        self.people: tuple[str, ...] = tuple(sorted(set(labels)))
        position = {name: number for number, name in enumerate(self.people)}
        owner = np.array([position[name] for name in names], dtype=np.intp)
        order = np.argsort(owner, kind="stable")
        self.model_id = model_id
        self.vectors: Float32 = np.ascontiguousarray(vectors[order])
        self._starts: Index = np.searchsorted(owner[order], np.arange(len(self.people))).astype(np.intp)

    @classmethod
    def empty(cls, model_id: str = "", dim: int = 0) -> "GalleryIndex":
        """Nobody enrolled."""
        return cls(model_id, np.zeros((0, dim), np.float32), ())

    def __len__(self) -> int:
        """Faces, not people: each is a comparison that can go wrong."""
        return len(self.vectors)

    def search(self, templates: Float32) -> Matches:
        """Compare float32 (T,D) unit rows with everybody.

        Raises ValueError when D is not the gallery's.
        """
        people = len(self.people)
        if not people:
            return Matches(np.zeros((len(templates), 0), np.float32))
        if templates.ndim != 2 or templates.shape[1] != self.vectors.shape[1]:
            raise ValueError(f"templates: expected (T, {self.vectors.shape[1]}), got {templates.shape}")
        scores = np.empty((len(templates), people), np.float32)
        for start in range(0, len(templates), MAX_TEMPLATES):
            part = templates[start : start + MAX_TEMPLATES] @ self.vectors.T
            scores[start : start + MAX_TEMPLATES] = np.maximum.reduceat(part, self._starts, axis=1)
        return Matches(scores)
