"""Whether two pictures show one person."""

from dataclasses import dataclass

from glimpse.errors import SettingsError
from glimpse.faces import Face, one_face
from glimpse.models import Models, shipped_models
from glimpse.pictures import Picture
from recognizer.base import State
from recognizer.decide import DecisionRule, decide
from recognizer.enrolled import read_enrolled
from recognizer.evidence import Evidence
from recognizer.gallery.index import GalleryIndex

__all__ = ["Comparison", "compare"]

RAREST = 1e-6  # the smallest rate that calibrations measure


@dataclass(frozen=True, slots=True)
class Comparison:
    """What two faces say about being one person. True where they are the same.

    likeness: on the scale of cosines: about 0 for strangers, 1 for the same picture.
    threshold: what `same` needs, so that `false_match_rate` of the pairs of two people reach it at this face size.
    chance: the share of pairs of two people who reach this likeness.
    face_px: height of the smaller face, pixels: how sure one can be depends on it.
    reason: in words.
    """

    same: bool
    likeness: float
    threshold: float
    false_match_rate: float
    chance: float
    face_px: float
    reason: str

    def __bool__(self) -> bool:
        return self.same

    def __str__(self) -> str:
        return f"{'the same person' if self.same else 'not the same person'} ({self.reason})"


def compare(
    first: Face | Picture, second: Face | Picture, *, false_match_rate: float = 0.001, models: Models | None = None
) -> Comparison:
    """Compare two faces, each of `glimpse.find` or the only one of a picture; their order does not matter.

    false_match_rate: share of pairs of two people that may be called the same, above 0 and below 1.

    The larger face counts as the photograph of somebody enrolled, the smaller one as a look at somebody who walks by:
    so the calibration was measured.
    Raises PictureError for a picture without a face or with several, SettingsError for another rate.
    """
    if not 0 < false_match_rate < 1:
        raise SettingsError(f"false_match_rate: expected above 0 and below 1, got {false_match_rate!r}")
    models = models or shipped_models()
    look, photograph = sorted((one_face(given, models) for given in (first, second)), key=_order)
    readings = read_enrolled(models.recognizer.inner, photograph.px, lambda spec: photograph.chips[spec.size][None])
    index = models.decider.index(readings.vectors, ["the other"])
    return _compare(look, index, models, false_match_rate)


def _order(face: Face) -> tuple[float, bytes]:
    """By size; faces of one size by their vectors, so that the order of the arguments does not matter."""
    return face.px, face.vector.tobytes()


def _compare(look: Face, index: GalleryIndex, models: Models, rate: float) -> Comparison:
    evidence = Evidence()
    evidence.add(look.vector, weight=1.0, face_px=look.px, time=0.0)
    rule = DecisionRule(false_alarm=rate, candidate_false_alarm=max(rate, 0.05), margin=0.0, min_effective=1.0)
    decision = decide(evidence, index, rule, models.decider.calibration)
    words = f"likeness {decision.score:.2f}, {decision.threshold:.2f} needed at {look.px:.0f} px"
    same = decision.state is State.NAMED
    lacking = "" if same or decision.score < decision.threshold else f"; {decision.reasons[0]}"
    chance = f"; {_share(decision.false_alarm)} pairs of two people are as alike"
    return Comparison(
        same, decision.score, decision.threshold, rate, decision.false_alarm, look.px, words + lacking + chance
    )


def _share(share: float) -> str:
    """The share of pairs as 'one in N of the pairs', N rounded to one figure."""
    if share < RAREST:
        return f"fewer than one in {1 / RAREST:,.0f}"
    return f"one in {float(f'{1 / share:.1g}'):,.0f}" if share < 0.3 else "many"
