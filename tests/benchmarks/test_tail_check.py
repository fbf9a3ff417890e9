"""The check of a continued tail counts in other people than it fits."""

import numpy as np
import pytest

from benchmarks.tail_check import FOLDS, RATES, Check, check_folds, deal, draw, list_row, share_above, strangers_of
from recognizer.reach_templates import ReachTemplates

PEOPLE = [f"p{number:04}" for number in range(1600)]
OWNERS = PEOPLE * 3


def made(probes: int = 800) -> ReachTemplates:
    nothing = np.zeros((0, 4), np.float32)
    return ReachTemplates(nothing, OWNERS, PEOPLE[:probes], [], nothing)


def test_people_are_dealt_once_each() -> None:
    folds = deal(np.array(PEOPLE * 2))
    assert len(folds) == FOLDS
    assert sorted(np.concatenate(folds)) == PEOPLE


def test_a_person_is_no_stranger_to_himself() -> None:
    assert strangers_of(np.array(["a", "b"]), np.array(["b", "c"])).tolist() == [[True, True], [False, True]]


def test_only_compared_scores_count() -> None:
    scores = np.array([[0.9, 0.1], [0.9, 0.2]], np.float32)
    assert share_above(scores, np.array([[True, True], [False, True]]), 0.5) == pytest.approx(1 / 3)


def test_drawn_rows_are_the_same_each_time_and_no_more_than_there_are() -> None:
    rows = np.arange(10)
    assert draw(rows, 4, 3).tolist() == draw(rows, 4, 3).tolist()
    assert draw(rows, 40, 0).tolist() == rows.tolist()


def test_a_normal_tail_is_continued_within_its_interval() -> None:
    scores = np.random.default_rng(0).normal(size=(800, 4800)).astype(np.float32)
    checks = [check for check in check_folds(scores, made()) if check.rate == RATES[0]]
    assert len(checks) == FOLDS
    assert np.median([check.middle for check in checks]) == pytest.approx(RATES[0], rel=1.0)
    assert sum(check.most <= RATES[0] for check in checks) >= FOLDS - 2


def test_a_tail_that_gets_heavier_in_other_people_is_seen() -> None:
    scores = np.random.default_rng(0).normal(size=(800, 4800)).astype(np.float32)
    first = np.isin(np.array(OWNERS), deal(np.array(OWNERS))[0])
    scores[:, ~first] += 3.0
    check = next(iter(check_folds(scores, made())))
    assert check.most > 10 * check.rate


def test_a_row_tells_the_range_and_how_many_hold() -> None:
    checks = [Check(1e-4, 5e-5, 1e-5), Check(1e-4, 3e-4, 2e-4), Check(1e-5, 0.0, 0.0)]
    assert list_row(16, 1.44, 1e-4, checks) == ["16", "1.4", "1e-04", "1.7e-04", "0.5 to 3, median 1.7", "1 of 2"]
