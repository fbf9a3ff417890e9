"""Strangers who reach a threshold, before and after."""

from pathlib import Path

import numpy as np
import pytest

from detectors.arrays import Float32
from detectors.runtime import Runtime
from distill.site.false_names import FalseNames, Searched, StrangerGallery, count_false_names
from distill.site.measure import Scores
from recognizer.calibration import Band, Calibration
from recognizer.evidence import Evidence
from recognizer.load import load_recognizer
from recognizer.normalisation import Cohort
from recognizer.preprocess import l2_normalise
from tests.synthetic.networks import write_recognizer

PEOPLE, DIM = 100, 32
RATES = (0.1, 0.01, 1e-3)
RNG = np.random.default_rng(0)


def calibration(step: float = 0.0) -> Calibration:
    tail = tuple(round(value + step, 4) for value in (0.13, 0.23, 0.31))  # of a normal distribution, 0.1 wide
    bands = (Band(px=16, looks=1, mean=0.0, std=0.1, tail=tail),)
    return Calibration(model_id="m", weights="w", command="made", data="d", date="2026-01-01", rates=RATES, bands=bands)


def pools(count: int = PEOPLE) -> list[Evidence]:
    found = []
    for row in range(count):
        pool = Evidence()
        pool.add(unit(1)[0], weight=1.0, face_px=16.0, time=float(row))
        found.append(pool)
    return found


def unit(count: int) -> Float32:
    return l2_normalise(RNG.normal(size=(count, DIM)).astype(np.float32))


def scores(mean: float = 0.0) -> Scores:
    values = np.random.default_rng(1).normal(mean, 0.1, (PEOPLE, PEOPLE)).astype(np.float32)
    return Scores(values, ~np.eye(PEOPLE, dtype=bool), np.ones(PEOPLE, bool))


def test_names_are_counted_at_the_rarest_rate_that_enough_strangers_reach() -> None:
    before, after = Searched([scores()], pools(), calibration()), Searched([scores(0.05)], pools(), calibration())
    found = count_false_names(before, after)
    assert (found.rate, found.comparisons) == (0.01, PEOPLE * (PEOPLE - 1))  # about 10 of 9,900 reach 1 in 1,000
    assert found.before == pytest.approx(99, abs=30)
    assert found.after > 1.5 * found.before
    assert found.rise


def test_a_threshold_that_rises_with_the_scores_gives_no_more_names() -> None:
    before = Searched([scores()], pools(), calibration())
    found = count_false_names(before, Searched([scores(0.05)], pools(), calibration(0.05)))
    assert found.after == pytest.approx(found.before, abs=1)
    assert not FalseNames(0.01, 9, 4, 4).rise


def test_who_was_not_seen_and_pairs_of_perhaps_one_person_do_not_count() -> None:
    high = Scores(np.ones((PEOPLE, PEOPLE), np.float32), np.zeros((PEOPLE, PEOPLE), bool), np.ones(PEOPLE, bool))
    assert Searched([high], pools(), calibration()).reached(0.01) == 0
    unseen = Scores(high.values, ~high.other, np.zeros(PEOPLE, bool))
    assert Searched([unseen], [Evidence()] * PEOPLE, calibration()).reached(0.01) == 0


def test_the_cohort_is_a_gallery_in_which_nobody_meets_themselves(tmp_path: Path) -> None:
    recognizer = load_recognizer(write_recognizer(tmp_path / "own.onnx"), runtime=Runtime())
    cohort = Cohort(unit(60), weights=recognizer.weights)
    near = cohort.vectors[[1, 2]]  # the first is enrolled, the second normalises
    people = pools(2)
    for pool, vector in zip(people, near, strict=True):
        pool.add(vector, weight=9.0, face_px=16.0, time=99.0)
    found = StrangerGallery(recognizer, cohort).scores(people, near)
    assert found.values.shape == (2, 30)
    assert not found.other[0, 0]
    assert found.other[1].all()
    assert found.pairs == found.other.sum()
