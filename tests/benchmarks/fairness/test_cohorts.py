"""Thresholds that are counted on strangers give the rate that is asked for among them, with any cohort."""

import numpy as np
import pytest

from benchmarks.fairness import cohorts
from benchmarks.fairness.cohorts import HEADS, Material, count_thresholds, describe
from benchmarks.fairness.misses import OwnScores
from benchmarks.fairness.people import Person, list_groups
from benchmarks.fairness.readings import Read
from detectors.arrays import Float32
from detectors.runtime import Runtime
from recognizer.load import load_recognizer
from recognizer.normalisation import Cohort
from recognizer.preprocess import l2_normalise

DIM = 24


def faces(count: int, seed: int, *, towards: int = 0, by: float = 0.0) -> Float32:
    """Random directions, drawn towards one axis: what a group shares."""
    rows = np.random.default_rng(seed).normal(size=(count, DIM))
    rows[:, towards] += by
    return l2_normalise(rows.astype(np.float32))


def read(rows: Float32, seed: int) -> Read:
    noise = np.random.default_rng(seed).normal(size=rows.shape).astype(np.float32)
    return Read(rows, {16: l2_normalise(rows + 0.1 * noise)})


@pytest.mark.parametrize("cohort", [None, Cohort(faces(200, 1), weights="")])
def test_as_many_strangers_reach_a_threshold_as_is_asked_for(cohort: Cohort | None) -> None:
    model, strangers = load_recognizer("tiny", runtime=Runtime()), read(faces(400, 2), 3)
    calibration = count_thresholds(model, strangers, cohort)
    views = strangers.views[16]
    cosines = strangers.faces @ views.T
    if cohort:
        cosines = cohort.normalise(cosines, cohort.nearness(strangers.faces), cohort.nearness(views))
    np.fill_diagonal(cosines, -1)
    assert (cosines >= calibration.threshold(16, 1, 1e-3)).sum() == pytest.approx(400 * 399 * 1e-3, abs=2)


def test_look_alikes_of_a_group_keep_its_false_matches_rare(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cohorts, "ASKED", 1e-3)
    monkeypatch.setattr(
        cohorts, "score_own", lambda *_, **__: OwnScores(2, np.zeros(2, np.intp), {16: np.ones(2, np.float32)})
    )
    people = [Person(f"{row}", origin="White" if row < 200 else "Asian", sex="male", age=30) for row in range(400)]
    rows = np.concatenate([faces(200, 4, towards=0, by=1), faces(200, 5, towards=1, by=5)])
    apart = np.eye(400, dtype=np.float32)  # by the recogniser that tells people, nobody is alike
    material = Material(people, list_groups(people), read(rows, 6), apart, read(faces(400, 7, by=1), 8), [{}])
    both = np.concatenate([faces(150, 9, towards=0, by=1), faces(150, 10, towards=1, by=5)])
    model = load_recognizer("tiny", runtime=Runtime())
    heads = [head for head in HEADS if head != "RMFD"]
    plain = dict(zip(heads, describe(model, "none", None, material), strict=True))
    told = dict(zip(heads, describe(model, "look-alikes", Cohort(both, weights="", share=0.2), material), strict=True))
    assert plain["worst group"] == "Asian"
    assert float(plain["Asian"]) > 20 * float(told["Asian"])
    assert (told["nearest"], told["missed: LFW"], told["Black"]) == ("20 % of 300", "0.0 %", "")
