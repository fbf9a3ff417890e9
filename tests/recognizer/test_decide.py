"""Decisions: every state, hysteresis, and reasons."""

from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
import pytest

from detectors.arrays import Float32
from recognizer.base import Decision, State
from recognizer.calibration import RATES, Band, Calibration, uncalibrated
from recognizer.decide import DecisionRule, decide
from recognizer.evidence import Evidence
from recognizer.gallery.index import GalleryIndex, Matches
from recognizer.gallery.negatives import Negatives

# The same at every size, so the threshold is known: 0.5 for three comparisons at 0.0003 in total.
TAIL = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7)
CALIBRATION = Calibration(
    model_id="m",
    command="c",
    data="d",
    date="2026-01-01",
    rates=RATES,
    bands=(Band(px=8, looks=1, mean=0, std=0.1, tail=TAIL), Band(px=64, looks=1, mean=0, std=0.1, tail=TAIL)),
)
INDEX = GalleryIndex("m", np.eye(4, dtype=np.float32)[:3], ["ann", "bob", "cid"])
RULE = DecisionRule(false_alarm=0.0003, candidate_false_alarm=0.03, margin=0.1, hold=0.05)
THRESHOLD, NEAR = 0.5, 0.3


def make_evidence(cosines: Sequence[float], *, looks: int = 5, px: float = 20, apart: float = 100) -> Evidence:
    """Evidence whose template has these cosines with ann, bob and cid; a fourth dimension makes it a unit vector."""
    rest = np.sqrt(max(0.0, 1 - float(np.square(cosines).sum())))
    evidence = Evidence()
    for number in range(looks):
        vector = np.array([*cosines, rest], np.float32)
        assert evidence.add(vector, weight=1, face_px=px, time=number * apart)
    return evidence


def decide_cosines(cosines: Sequence[float], *, previous: Decision | None = None, **settings: Any) -> Decision:
    """Decide on one crop of a face large enough to be named at once, unless the settings differ."""
    settings = {"looks": 1, "px": 40, **settings}
    return decide(make_evidence(cosines, **settings), INDEX, RULE, CALIBRATION, previous=previous)


@pytest.mark.parametrize(
    ("cosines", "state", "person"),
    [
        ((0.8, 0.1, 0.1), State.NAMED, "ann"),
        ((0.1, 0.8, 0.1), State.NAMED, "bob"),
        ((0.4, 0.1, 0.1), State.CANDIDATE, "ann"),
        ((0.7, 0.65, 0.1), State.AMBIGUOUS, "ann"),
        ((0.35, 0.28, 0.1), State.CANDIDATE, "ann"),
        ((0.2, 0.1, 0.1), State.UNKNOWN, None),
        ((-0.5, -0.5, -0.5), State.UNKNOWN, None),
    ],
)
def test_states(cosines: Sequence[float], state: State, person: str | None) -> None:
    decision = decide_cosines(cosines)
    assert (decision.state, decision.person) == (state, person)
    ordered = sorted(cosines, reverse=True)
    assert decision.score == pytest.approx(ordered[0], abs=1e-5)
    assert decision.margin == pytest.approx(ordered[0] - ordered[1], abs=1e-5)
    assert decision.threshold == pytest.approx(THRESHOLD, abs=0.01)
    assert (decision.faces, decision.median_px) == (1, 40)


def test_reasons_give_figures_most_important_first() -> None:
    assert decide_cosines((0.7, 0.65, 0)).reasons == ("margin 0.05 below 0.10", "1 face, median 40 px")
    assert decide_cosines((0.4, 0, 0)).reasons[0] == "score 0.40 below 0.50"
    assert decide_cosines((0.2, 0, 0)).reasons[0] == "nearest score 0.20 below 0.30"
    assert decide_cosines((0.9, 0, 0)).reasons == ("1 face, median 40 px",)


def test_one_crop_of_a_small_face_names_nobody() -> None:
    decision = decide_cosines((0.95, 0, 0), px=20)
    assert decision.state is State.CANDIDATE
    assert decision.reasons[0] == "1.0 independent looks, fewer than 2"
    assert decide_cosines((0.95, 0, 0), px=20, looks=30, apart=0.01).state is State.CANDIDATE


def test_several_independent_crops_of_a_small_face_name_a_person() -> None:
    index = GalleryIndex("m", np.eye(8, dtype=np.float32)[:3], ["ann", "bob", "cid"])
    evidence = Evidence()
    for number in range(4):  # each crop has its own error
        vector = (0.75 * np.eye(8)[0] + 0.66 * np.eye(8)[3 + number]).astype(np.float32)
        evidence.add(vector, weight=1, face_px=14, time=number * 10)
    assert evidence.effective == pytest.approx(4)
    decision = decide(evidence, index, RULE, CALIBRATION)
    assert (decision.state, decision.person, decision.faces) == (State.NAMED, "ann", 4)


def test_faces_smaller_than_calibrated_are_never_named() -> None:
    decision = decide_cosines((0.99, 0, 0), px=6, looks=20)
    assert decision.state is State.CANDIDATE
    assert decision.reasons[0] == "faces of 6 px, smaller than the 8 px measured"


def test_without_faces_or_people_nobody_is_named() -> None:
    assert decide(Evidence(), INDEX, RULE, CALIBRATION).reasons == ("no face compared yet",)
    decision = decide(make_evidence((1, 0, 0)), GalleryIndex.empty("m"), RULE, CALIBRATION)
    assert (decision.state, decision.person, decision.reasons) == (State.UNKNOWN, None, ("nobody is enrolled",))


def test_the_margin_of_the_only_person_is_the_score() -> None:
    index = GalleryIndex("m", np.eye(4, dtype=np.float32)[:1], ["ann"])
    decision = decide(make_evidence((0.8, 0, 0), looks=1, px=40), index, RULE, CALIBRATION)
    assert (decision.state, decision.margin) == (State.NAMED, pytest.approx(0.8))


def test_a_larger_gallery_raises_the_threshold() -> None:
    many = GalleryIndex("m", np.tile(np.eye(4, dtype=np.float32)[:1], (3000, 1)), ["ann"] * 3000)
    assert decide(make_evidence((0.8, 0, 0)), many, RULE, CALIBRATION).threshold > THRESHOLD + 0.1


def named_decision(person: str = "ann") -> Decision:
    cosines = [0.8 if name == person else 0.0 for name in INDEX.people]
    decision = decide_cosines(cosines)
    assert decision.state is State.NAMED
    return decision


def test_a_name_is_kept_when_the_score_falls_slightly_below_the_threshold() -> None:
    assert decide_cosines((0.47, 0, 0)).state is State.CANDIDATE
    decision = decide_cosines((0.47, 0, 0), previous=named_decision())
    assert (decision.state, decision.person) == (State.NAMED, "ann")
    assert decision.reasons[0].startswith("name kept: score 0.47")
    assert decide_cosines((0.40, 0, 0), previous=named_decision()).state is State.CANDIDATE
    assert decide_cosines((0.10, 0, 0), previous=named_decision()).state is State.UNKNOWN


def test_a_name_is_kept_without_margin_unless_another_person_is_clearly_nearer() -> None:
    decision = decide_cosines((0.60, 0.62, 0), previous=named_decision())
    assert (decision.state, decision.person) == (State.NAMED, "ann")
    assert decision.margin == pytest.approx(-0.02, abs=1e-5)
    assert decide_cosines((0.55, 0.65, 0), previous=named_decision()).state is State.AMBIGUOUS


def test_another_name_needs_clearly_better_evidence() -> None:
    ambiguous = decide_cosines((0.52, 0.64, 0), previous=named_decision())
    assert (ambiguous.state, ambiguous.person) == (State.AMBIGUOUS, "bob")
    renamed = decide_cosines((0.3, 0.7, 0), previous=named_decision())
    assert (renamed.state, renamed.person) == (State.NAMED, "bob")


def test_a_name_erased_from_the_gallery_is_not_kept() -> None:
    index = GalleryIndex("m", np.eye(4, dtype=np.float32)[1:3], ["bob", "cid"])
    decision = decide(make_evidence((0.8, 0, 0), looks=1, px=40), index, RULE, CALIBRATION, previous=named_decision())
    assert decision.state is State.UNKNOWN


def test_names_do_not_flicker_around_the_threshold() -> None:
    previous, changes = None, 0
    for step in range(200):
        decision = decide_cosines((THRESHOLD + 0.03 * np.sin(step), 0, 0), previous=previous)
        changes += previous is not None and decision.state is not previous.state
        previous = decision
    assert changes <= 1


def test_without_a_calibration_the_rule_is_strict_and_gives_the_reason() -> None:
    decision = decide(make_evidence((0.58, 0, 0), looks=1, px=40), INDEX, RULE, uncalibrated("m"))
    assert decision.state is not State.NAMED
    assert decision.reasons[-1] == "recogniser not calibrated: cautious built-in thresholds"


def test_another_models_calibration_is_refused() -> None:
    with pytest.raises(ValueError, match="expected one of model m, got other"):
        decide(make_evidence((1, 0, 0)), INDEX, RULE, uncalibrated("other"))


def test_min_score_overrides_a_lower_threshold() -> None:
    strict = msgspec.structs.replace(RULE, min_score=0.9)
    decision = decide(make_evidence((0.8, 0, 0), looks=1, px=40), INDEX, strict, CALIBRATION)
    assert (decision.state, decision.threshold) == (State.CANDIDATE, 0.9)


@pytest.mark.parametrize("field", [{"false_alarm": 0}, {"hold": -1}, {"margin": 2}, {"min_effective": 0}, {"no": 1}])
def test_settings_out_of_bounds_are_refused(field: dict[str, float]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(field, DecisionRule)


class ScriptedIndex(GalleryIndex):
    """An index that gives the scores of a test, as a damaged one might."""

    scores: tuple[float, ...] = ()

    def search(self, templates: Float32) -> Matches:
        return Matches(np.array([self.scores], np.float32))


def decide_scores(*scores: float, previous: Decision | None = None) -> Decision:
    index = ScriptedIndex("m", np.eye(4, dtype=np.float32)[:3], ["ann", "bob", "cid"])
    index.scores = scores
    return decide(make_evidence((0.8, 0.1, 0.1), looks=1, px=40), index, RULE, CALIBRATION, previous=previous)


@pytest.mark.parametrize("broken", [np.nan, np.inf, -np.inf])
def test_a_score_that_is_not_finite_names_nobody_and_leaves_the_others_alone(broken: float) -> None:
    assert (decide_scores(broken, 0.8, 0.1).state, decide_scores(broken, 0.8, 0.1).person) == (State.NAMED, "bob")
    assert decide_scores(broken, 0.2, 0.1).state is State.UNKNOWN
    assert decide_scores(broken, broken, broken).reasons[0] == "no score is a finite number"
    named = decide_scores(0.8, 0.1, 0.1)
    assert named.person == "ann"
    assert decide_scores(broken, 0.1, 0.1, previous=named).state is not State.NAMED


def test_a_threshold_that_is_not_finite_names_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Calibration, "threshold", lambda *_: np.nan)
    decision = decide(make_evidence((0.9, 0.1, 0.1), looks=1, px=40), INDEX, RULE, CALIBRATION)
    assert (decision.state, decision.threshold) == (State.UNKNOWN, 1.0)
    assert decision.reasons == ("score, margin or threshold is not a finite number",)


def decide_marked(cosines: Sequence[float], negative: Sequence[float], **settings: Any) -> Decision:
    """Decide where a track of these cosines was marked as not ann."""
    marked = make_evidence(negative).template()[None]
    index = GalleryIndex("m", INDEX.vectors, INDEX.labels, negatives=Negatives(marked, ("ann",)))
    previous = settings.pop("previous", None)
    return decide(make_evidence(cosines, looks=1, px=40), index, RULE, CALIBRATION, previous=previous)


def test_a_track_like_one_that_was_marked_does_not_get_the_name() -> None:
    decision = decide_marked((0.7, 0.1, 0.1), (0.7, 0.1, 0.1))
    assert (decision.state, decision.person) == (State.UNKNOWN, None)
    assert decision.reasons[0] == (
        "not ann: score 1.00 with a track that was marked as not ann, 0.70 with the photographs"
    )


def test_the_next_person_is_considered_as_if_the_denied_one_were_not_there() -> None:
    decision = decide_marked((0.7, 0.65, 0.1), (0.7, 0.65, 0.1))
    assert (decision.state, decision.person, round(decision.margin, 2)) == (State.NAMED, "bob", 0.55)


def test_the_right_person_is_nearer_to_the_photographs() -> None:
    decision = decide_marked((0.9, 0.1, 0.1), (0.5, -0.5, -0.5))
    assert (decision.state, decision.person) == (State.NAMED, "ann")
    assert not any("marked" in reason for reason in decision.reasons)


def test_a_name_goes_only_on_a_clearer_lead() -> None:
    named = decide_cosines((0.7, 0.0, 0.0))
    close = (0.7, 0.0, 0.0), (0.99, 0.1, 0.0)  # 0.76 with the negative
    assert decide_marked(*close).state is State.UNKNOWN
    assert decide_marked(*close, previous=named).state is State.NAMED
    assert decide_marked((0.7, 0.0, 0.0), (0.7, 0.0, 0.0), previous=named).state is State.UNKNOWN


def test_where_everybody_is_denied_nobody_is_named() -> None:
    index = GalleryIndex("m", INDEX.vectors[:1], ["ann"], negatives=Negatives(INDEX.vectors[1][None], ("ann",)))
    decision = decide(make_evidence((0.6, 0.7, 0.0), looks=1, px=40), index, RULE, CALIBRATION)
    assert (decision.state, decision.reasons[0][:8]) == (State.UNKNOWN, "not ann:")
