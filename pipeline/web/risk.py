"""What an enrolled photograph risks: that its own person is missed, or that strangers get their name."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from detectors.arrays import Float32
from pipeline.web.enrolment import EnrolledFace
from recognizer.normalisation import Cohort

ATTRACTING_SHARE = 0.05  # of strangers' faces are as near to the others, so as many ordinary photographs are warned of


class Risk(NamedTuple):
    """Cosines of a photograph; None where there is nothing to compare with.

    self_likeness: the lowest with the person's other photographs.  other: whom it resembles most, and how much.
    nearer_than: share of strangers' faces that are less near to strangers than it is.
    """

    self_likeness: float | None
    other: str | None
    other_score: float | None
    nearer_than: float | None

    @property
    def attracts_strangers(self) -> bool:
        return self.nearer_than is not None and self.nearer_than >= 1 - ATTRACTING_SHARE

    @property
    def is_unlike_itself(self) -> bool:
        """Whether it resembles somebody else more than a photograph of its own person."""
        return self.self_likeness is not None and self.other_score is not None and self.self_likeness < self.other_score


def risks_of(name: str, faces: Sequence[tuple[str, EnrolledFace]], cohort: Cohort | None) -> list[Risk]:
    """The risk of each photograph of a person, in their order. faces: of everybody.  cohort: of the same recogniser."""
    if not faces:
        return []
    vectors = np.stack([face.vector for _, face in faces])
    own = np.array([owner == name for owner, _ in faces])
    strangers = _nearer_than(vectors[own], cohort)
    others = [owner for owner, _ in faces if owner != name]
    found = []
    for row, vector in enumerate(vectors[own]):
        likeness = np.delete(vectors[own] @ vector, row)
        other = vectors[~own] @ vector
        found.append(
            Risk(
                float(likeness.min()) if len(likeness) else None,
                others[int(other.argmax())] if len(other) else None,
                float(other.max()) if len(other) else None,
                strangers[row] if strangers is not None else None,
            )
        )
    return found


def _nearer_than(vectors: Float32, cohort: Cohort | None) -> list[float] | None:
    """How near each is to its most similar strangers, as a share of what these strangers are to each other."""
    if cohort is None or not len(vectors) or vectors.shape[1] != cohort.vectors.shape[1]:
        return None
    nearness = cohort.nearness(vectors).mean
    return [float((cohort.own.mean < mean).mean()) for mean in nearness]
