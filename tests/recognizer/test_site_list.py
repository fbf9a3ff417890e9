"""Site lists: those expected are named at a lower threshold, and both lists together keep the asked rate."""

import msgspec
import numpy as np
import pytest

from recognizer.base import State
from recognizer.calibration import RATES, Band, Calibration, per_comparison
from recognizer.decide import DecisionRule, decide, describe_limits
from recognizer.evidence import Evidence
from recognizer.gallery.index import GalleryIndex

DIM, FACES, SITE = 32, 1500, 20
RANDOM = np.random.default_rng(0)


def units(count: int) -> np.ndarray:
    vectors = RANDOM.standard_normal((count, DIM)).astype(np.float32)
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


def measure() -> Calibration:
    """The true tail of cosines of random directions in DIM dimensions."""
    cosines = (units(4000) @ units(4000).T).ravel()
    tail = tuple(float(value) for value in np.quantile(cosines, [1 - rate for rate in RATES]))
    bands = (Band(px=8, looks=1, mean=0, std=0.1, tail=tail),)
    return Calibration(model_id="m", command="", data="", date="", rates=RATES, bands=bands)


CALIBRATION = measure()
VECTORS = units(FACES)
NAMES = [f"p{number:04d}" for number in range(FACES)]
INDEX = GalleryIndex("m", VECTORS, NAMES)
RULE = DecisionRule(false_alarm=0.05, candidate_false_alarm=0.3, margin=0.0)
LISTED = msgspec.structs.replace(RULE, site_list=tuple(NAMES[:SITE]))


def make_evidence(vector: np.ndarray) -> Evidence:
    evidence = Evidence()
    assert evidence.add(vector, weight=1, face_px=40, time=0)
    return evidence


def noisy(row: int, cosine: float) -> np.ndarray:
    other = units(1)[0]
    other -= (other @ VECTORS[row]) * VECTORS[row]
    return np.asarray(cosine * VECTORS[row] + (1 - cosine**2) ** 0.5 * other / np.linalg.norm(other), np.float32)


def test_somebody_expected_is_named_at_a_lower_threshold() -> None:
    crop = make_evidence(noisy(3, 0.6))
    assert decide(crop, INDEX, RULE, CALIBRATION).state is not State.NAMED
    decision = decide(crop, INDEX, LISTED, CALIBRATION)
    assert (decision.state, decision.person) == (State.NAMED, NAMES[3])


def test_somebody_else_is_still_named_on_clear_evidence() -> None:
    decision = decide(make_evidence(noisy(900, 0.97)), INDEX, LISTED, CALIBRATION)
    assert (decision.state, decision.person) == (State.NAMED, NAMES[900])


@pytest.mark.slow
def test_strangers_are_named_at_most_at_the_asked_rate_by_both_lists_together() -> None:
    strangers = units(3000)
    lowest = CALIBRATION.threshold(40, 1, per_comparison(RULE.false_alarm / 2, SITE))
    near = strangers[INDEX.search(strangers).scores.max(axis=1) >= lowest - 0.02]  # the others are named by neither
    decided = [decide(make_evidence(one), INDEX, LISTED, CALIBRATION) for one in near]
    named = [one.person for one in decided if one.state is State.NAMED]
    share = len(named) / len(strangers)
    error = (RULE.false_alarm / len(strangers)) ** 0.5
    assert RULE.false_alarm / 2 <= share <= RULE.false_alarm + 3 * error
    site = sum(name in LISTED.site_list for name in named) / len(strangers)
    assert site == pytest.approx(RULE.false_alarm / 2, abs=3 * error)


def test_a_list_of_nobody_or_everybody_changes_nothing() -> None:
    crop = make_evidence(noisy(3, 0.8))
    plain = decide(crop, INDEX, RULE, CALIBRATION)
    for names in (("nobody",), tuple(NAMES)):
        assert decide(crop, INDEX, msgspec.structs.replace(RULE, site_list=names), CALIBRATION) == plain


def test_a_name_is_held_within_its_own_list() -> None:
    named = decide(make_evidence(noisy(3, 0.75)), INDEX, LISTED, CALIBRATION)
    assert named.state is State.NAMED
    lower = make_evidence(noisy(3, named.threshold - 0.02))
    kept = decide(lower, INDEX, LISTED, CALIBRATION, previous=named)
    assert (kept.state, kept.person) == (State.NAMED, NAMES[3])


def test_names_that_are_not_enrolled_are_told() -> None:
    rule = msgspec.structs.replace(LISTED, site_list=(*LISTED.site_list, "Zoe"))
    assert "site_list: 1 of 21 names are not enrolled: Zoe" in describe_limits(INDEX, rule, CALIBRATION)
    assert not any(describe_limits(INDEX, RULE, CALIBRATION))
