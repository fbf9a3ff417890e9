"""Search the gallery as one matrix: for 50,000 faces a single matrix product is the fastest search in NumPy.

The rows are sorted by person, so one `maximum.reduceat` finds each person's best face without a loop.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from detectors.arrays import Float32, Index
from recognizer.gallery.face_search import NEW, FaceSearch, find_same_rows
from recognizer.gallery.negatives import Negatives
from recognizer.gallery.usable import are_unit
from recognizer.normalisation import Cohort, Nearness
from recognizer.search.choose import is_approximate

__all__ = ["GalleryIndex", "Matches", "OtherModelError", "RefusedError", "Shortlist"]

MAX_TEMPLATES = 64  # templates per product: limits the scores to 12 MiB at 50,000 faces
CANDIDATE_FACES = 256  # of a gallery that is searched approximately; their people are decided about


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


@dataclass(frozen=True, slots=True)
class Shortlist:
    """The people whom one template may be: all of a gallery that is searched exactly, otherwise the nearest.

    people: names, K of them.  places: of these names in `GalleryIndex.people`, (K,).  scores: float32 (K,).
    """

    people: Sequence[str]
    places: Index
    scores: Float32


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
        before: "GalleryIndex | None" = None,
    ) -> None:
        """Index unit vectors, float32 (F,D), with one person's name per row.

        negatives: tracks that are not these people; those of others are left out.  before: an index whose place this
        one takes, and which is not searched any more: what is known of faces that both hold is taken over.

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
        before = before if before is not None and len(before) else None
        same = find_same_rows(self.vectors, before.vectors) if before else np.full(len(owner), NEW)
        self._nearness = self._describe(before, same)
        self.negatives = (negatives or Negatives.none(self.vectors.shape[1])).of(self.people)
        self._denied: Index = np.array([position[name] for name in self.negatives.people], np.intp)
        self._negative_nearness = cohort.nearness(self.negatives.vectors) if cohort else None
        self._starts: Index = np.searchsorted(owner[order], np.arange(len(self.people))).astype(np.intp)
        self._position = position
        self._face_search = self._take_over(before, same)
        self._parts: dict[tuple[str, ...], GalleryIndex] = {}

    @classmethod
    def empty(cls, model_id: str = "", dim: int = 0) -> "GalleryIndex":
        """An index without people."""
        return cls(model_id, np.zeros((0, dim), np.float32), ())

    @property
    def cohort(self) -> Cohort | None:
        """The strangers that scores are normalised against; None: scores are plain cosines."""
        return self._cohort

    def against(self, cohort: Cohort | None, *, before: "GalleryIndex | None" = None) -> "GalleryIndex":
        """The same people, with scores normalised against a cohort; plain cosines for None. before: as on making."""
        return GalleryIndex(
            self.model_id, self.vectors, self.labels, cohort=cohort, negatives=self.negatives, before=before
        )

    def only(self, people: Sequence[str]) -> "GalleryIndex":
        """Those of these people who are enrolled, with the same cohort; kept for the next decision."""
        wanted = tuple(people)
        if wanted not in self._parts:
            places = sorted({self._position[name] for name in wanted if name in self._position})
            rows = [self._faces_of(place) for place in places]
            labels = [self.people[place] for place, own in zip(places, rows, strict=True) for _ in own]
            vectors = self.vectors[np.concatenate(rows)] if rows else self.vectors[:0]
            self._parts[wanted] = GalleryIndex(
                self.model_id, vectors, labels, cohort=self._cohort, negatives=self.negatives
            )
        return self._parts[wanted]

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

    def shortlist(self, template: Float32, *, always: str | None = None) -> Shortlist:
        """The people that a template, float32 (D,) unit vector, may be, with their scores.

        A gallery of `recognizer.search.choose.APPROXIMATE_FROM` faces gives those of the nearest CANDIDATE_FACES, if
        usearch is installed. always: a person who is among them in any case. Raises ValueError like `search`.
        """
        if not is_approximate(len(self.vectors)):
            return Shortlist(self.people, np.arange(len(self.people)), self.search(template[None]).scores[0])
        rows = self._nearest_faces(template)
        if always in self._position:
            rows = np.union1d(rows, self._faces_of(self._position[always]))
        scores = self._scores(template[None], self.vectors[rows], self._nearness and self._nearness.of(rows))[0]
        places, firsts = np.unique(self._owners(rows), return_index=True)
        best = np.asarray(np.maximum.reduceat(scores, firsts), np.float32)
        return Shortlist([self.people[place] for place in places], places, best)

    def _nearest_faces(self, template: Float32) -> Index:
        """Sorted rows of `vectors`."""
        if self._face_search is None:
            self._face_search = FaceSearch.of(self.vectors)
        return self._face_search.nearest(template, CANDIDATE_FACES)

    def _take_over(self, before: "GalleryIndex | None", same: Index) -> FaceSearch | None:
        """The search of the index before, changed to this one's faces; None where there was none."""
        if before is None or before._face_search is None or before.model_id != self.model_id:
            return None
        search, before._face_search = before._face_search, None
        return search.follow(self.vectors, same)

    def _describe(self, before: "GalleryIndex | None", same: Index) -> Nearness | None:
        """The nearness of all faces; that of an index before with the same cohort is not computed again."""
        if self._cohort is None:
            return None
        if before is None or before._cohort is not self._cohort or before._nearness is None:
            return self._cohort.nearness(self.vectors)
        fresh, known = self._cohort.nearness(self.vectors[same == NEW]), before._nearness.of(same)
        known.mean[same == NEW], known.std[same == NEW] = fresh.mean, fresh.std
        return known

    def _faces_of(self, place: int) -> Index:
        ends = np.append(self._starts, len(self.vectors))
        return np.arange(ends[place], ends[place + 1])

    def _owners(self, rows: Index) -> Index:
        """The place in `people` of the owner of each row."""
        return np.searchsorted(self._starts, rows, side="right") - 1

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
