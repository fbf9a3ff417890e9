"""The strict rate."""

import numpy as np
import pytest

from distill.metrics.strict import spread_of_strangers, strict_tar, tar_of_scores
from recognizer.preprocess import l2_normalise


def test_perfect_and_useless_features() -> None:
    people = ["a", "a", "b", "b"]
    perfect = np.eye(2, dtype=np.float32)[[0, 0, 1, 1]]
    assert strict_tar(perfect, perfect, people) == 1.0
    useless = np.ones((4, 2), np.float32) / np.sqrt(2, dtype=np.float32)
    assert strict_tar(useless, useless, people) == 0.0
    assert spread_of_strangers(perfect, perfect, people) == 0.0


def test_the_diagonal_is_no_pair_and_the_sides_differ() -> None:
    people = ["a", "a", "b", "b"]
    scores = np.zeros((4, 4))
    np.fill_diagonal(scores, 1.0)
    scores[0, 1] = 0.5  # one of the four genuine pairs
    assert tar_of_scores(scores, people) == 0.25


@pytest.mark.parametrize(("far", "expected"), [(1e-5, 0.0), (0.125, 0.5), (0.25, 1.0)])
def test_so_many_false_accepts_are_allowed_as_the_rate_says(far: float, expected: float) -> None:
    scores = np.array([[0, 0.6, 0.7, 0.1], [0.4, 0, 0.1, 0.1], [0.1, 0.1, 0, 0.6], [0.1, 0.5, 0.4, 0]])
    assert tar_of_scores(scores, ["a", "a", "b", "b"], far=far) == expected


def test_blocks_do_not_change_the_rate() -> None:
    rng = np.random.default_rng(0)
    people = [str(row // 4) for row in range(1200)]
    rows = l2_normalise(rng.normal(size=(1200, 8)) + np.repeat(rng.normal(size=(300, 8)), 4, axis=0))
    same = np.array(people)[:, None] == np.array(people)
    scores = rows @ rows.T
    limit = np.sort(scores[~same])[::-1][int(1e-3 * (~same).sum())]
    np.fill_diagonal(same, False)
    assert strict_tar(rows, rows, people, far=1e-3) == pytest.approx(float((scores[same] > limit).mean()))
