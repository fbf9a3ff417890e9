"""The comparison of cohorts: what strangers share does not help to tell people apart, and the cohort takes it out."""

import numpy as np

from benchmarks.cohorts import HEADS, Photographs, list_rows, standardise
from recognizer.normalisation import Cohort
from recognizer.preprocess import l2_normalise


def test_people_of_one_kind_are_told_apart_once_the_cohort_takes_out_what_they_share() -> None:
    random = np.random.default_rng(0)
    kinds = np.eye(2, 24)[random.integers(0, 2, 60)] * random.uniform(0.5, 3, (60, 1))
    people = random.normal(size=(60, 24)) + kinds
    first, second = (l2_normalise(people + 0.7 * random.normal(size=people.shape)) for _ in range(2))
    strangers = random.normal(size=(400, 24)) + np.eye(2, 24)[random.integers(0, 2, 400)] * 2
    rows = np.concatenate([first, second])
    test = Photographs([f"{number}" for number in (*range(60), *range(60))], rows, {112: rows})
    [row] = list_rows("real faces", Cohort(l2_normalise(strangers), weights=""), test)
    assert row[:3] == ["real faces", "400", "112 px"]
    assert len(row) == len(HEADS)
    assert float(row[4]) > float(row[3])


def test_scores_are_standardised_on_both_sides() -> None:
    cosines = np.array([[0.5, 0.1]], np.float32)
    scores = standardise(cosines, (np.array([0.1]), np.array([0.2])), (np.array([0.3, 0.1]), np.array([0.1, 0.5])))
    np.testing.assert_allclose(scores, [[2 + 2, 0 + 0]], atol=1e-6)
