"""Whether a new photograph looks like somebody else, or unlike its own person, by what strangers score."""

from collections.abc import Iterator

from recognizer.calibration import Calibration, per_comparison
from recognizer.gallery.face import Face
from recognizer.gallery.known_faces import KnownFaces

RESEMBLANCE_RATE = 1e-3
"""The share of strangers' photographs that reach the score of a resemblance with anybody: who looks like somebody else
reaches it, and who looks like their own photographs does too."""


def doubts_of(face: Face, person: str, known: KnownFaces, calibration: Calibration) -> list[str]:
    """Sentences on a new face of a person; none where it looks like their other photographs and like nobody else."""
    return [*_like_another(face, person, known, calibration), *_unlike_own(face, person, known, calibration)]


def _like_another(face: Face, person: str, known: KnownFaces, calibration: Calibration) -> Iterator[str]:
    other = known.nearest_other(face.vector, person)
    if other is None:
        return
    limit = _limit(face, len(known), calibration)
    if other.score >= limit:
        yield f"looks like {other.person}: score {other.score:.2f}, strangers stay below {limit:.2f}"


def _unlike_own(face: Face, person: str, known: KnownFaces, calibration: Calibration) -> Iterator[str]:
    """Nothing without a measured calibration: the cautious thresholds in its place are above those of many people."""
    own = known.nearest_own(face.vector, person)
    if own is None or not calibration.measured:
        return
    limit = _limit(face, own.faces, calibration)
    if own.score < limit:
        others = "the other photograph" if own.faces == 1 else f"any of the other {own.faces} photographs"
        yield (
            f"does not look like {others} of {person}: score {own.score:.2f}, expected {limit:.2f}, below which"
            " strangers stay; does each show the same person?"
        )


def _limit(face: Face, comparisons: int, calibration: Calibration) -> float:
    return calibration.threshold(face.face_px, 1, per_comparison(RESEMBLANCE_RATE, comparisons))
