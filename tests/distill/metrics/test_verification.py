"""LFW's protocol and the rates on scores small enough to count."""

import numpy as np
import pytest

from distill.metrics.lfw import Pairs
from distill.metrics.verification import accuracy, best_threshold, pair_scores, roc, tar_at_far

EAST, NORTH = (1.0, 0.0), (0.0, 1.0)


def pairs(same: list[bool], fold: list[int]) -> Pairs:
    count = len(same)
    return Pairs(np.arange(count), np.arange(count), np.array(same), np.array(fold))


def test_each_fold_is_judged_by_the_others_threshold() -> None:
    scores = np.array([0.9, 0.1, 0.8, 0.2, 0.3, 0.6])
    known = pairs([True, False] * 3, [0, 0, 1, 1, 2, 2])
    # folds 0 and 1 are parted by the others' best thresholds, fold 2 (0.3 true, 0.6 false) is wrong on both
    assert accuracy(scores, known) == pytest.approx(2 / 3)
    assert accuracy(np.array([0.9, 0.1, 0.8, 0.2, 0.7, 0.3]), known) == 1


def test_the_best_threshold_lies_between_the_two_kinds() -> None:
    threshold = best_threshold(np.array([0.9, 0.7, 0.2, 0.1]), np.array([True, True, False, False]))
    assert 0.2 < threshold < 0.7


def test_ties_are_accepted_together_or_not_at_all() -> None:
    scores, same = np.array([0.5, 0.5, 0.5, 0.1]), np.array([True, False, True, False])
    threshold = best_threshold(scores, same)
    assert ((scores >= threshold) == same).mean() == 0.75


def test_when_nothing_is_the_same_everything_is_refused() -> None:
    scores = np.array([0.3, 0.2])
    assert not (scores >= best_threshold(scores, np.array([False, False]))).any()


def test_tar_counts_the_true_pairs_above_the_allowed_false_ones() -> None:
    same = np.array([True] * 4 + [False] * 10)
    scores = np.array([0.95, 0.85, 0.5, 0.1, *np.linspace(0, 0.9, 10)])
    found = tar_at_far(scores, same, (0.1, 1e-3))
    assert found == {0.1: 0.5, 1e-3: 0.25}  # 10 %: one false above 0.8 allowed; 0.1 %: none, above 0.9


def test_roc_starts_low_and_ends_at_one() -> None:
    far, tar = roc(np.array([0.9, 0.8, 0.1]), np.array([True, False, True]))
    assert far.tolist() == [0, 1, 1]
    assert tar.tolist() == [0.5, 0.5, 1]


def test_pair_scores_take_each_side_from_its_own_features() -> None:
    one = Pairs(np.array([0]), np.array([1]), np.array([True]), np.array([0]))
    sharp, low = np.array([EAST, EAST]), np.array([NORTH, EAST])
    assert pair_scores(sharp, low, one).tolist() == [1]
    assert pair_scores(sharp, low, one, both_ways=True).tolist() == [0.5]
