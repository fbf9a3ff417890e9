"""Rates of false matches: who is counted, intervals over people, and the search in blocks."""

import numpy as np
import pytest

from benchmarks.fairness.matches import BLOCK, Counter, Matches, draw_people, find_matches
from benchmarks.fairness.people import Person
from benchmarks.fairness.same_people import are_alike, set_aside, share_lost
from recognizer.calibration import uncalibrated
from recognizer.load import Scoring

CALIBRATION = uncalibrated("m")
ALL = np.ones(4, bool)
FIRST = np.array([True, True, False, False])


def counter(*pairs: tuple[int, int], people: int = 4, heights: tuple[int, ...] = (16,)) -> Counter:
    """Pairs that score above every threshold."""
    rows = np.array(pairs, np.intp).reshape(-1, 2)
    found = Matches(rows[:, 0], rows[:, 1], np.ones(len(rows), np.float32))
    return Counter(CALIBRATION, dict.fromkeys(heights, found), draw_people(np.zeros(people, np.intp)))


def test_only_pairs_inside_the_groups_count() -> None:
    count = counter((0, 1), (1, 2), (2, 3))
    within = count.rate(FIRST, FIRST, 1e-3)
    assert (within.matches, within.compared, within.value) == (1, 2, 0.5)
    across = count.rate(FIRST, ALL, 1e-3)
    assert (across.matches, across.compared) == (2, 6)  # nobody is compared with themselves


def test_heights_are_counted_together_or_alone() -> None:
    count = counter((0, 1), heights=(16, 24))
    both, one = count.rate(ALL, ALL, 1e-3), count.rate(ALL, ALL, 1e-3, sizes=(24,))
    assert (both.matches, both.compared, one.matches, one.compared) == (2, 24, 1, 12)
    assert both.value == pytest.approx(one.value)


def test_weights_count_people_more() -> None:
    weights = np.array([1, 1, 0, 0], np.float32)
    assert counter((0, 1), (2, 3)).rate(ALL, ALL, 1e-3, weights=weights).value == pytest.approx(0.5)


def test_scores_below_the_threshold_do_not_count() -> None:
    low = CALIBRATION.threshold(16, 1, 1e-3) - 0.01
    found = Matches(np.array([0]), np.array([1]), np.array([low], np.float32))
    rate = Counter(CALIBRATION, {16: found}, draw_people(np.zeros(4, np.intp))).rate(ALL, ALL, 1e-3)
    assert rate.matches == 0
    assert rate.interval == (0.0, 0.5)  # three in six pairs


def test_one_face_that_resembles_everybody_makes_the_interval_wide() -> None:
    people = 200
    everyone = np.ones(people, bool)
    hub = counter(*((row, 0) for row in range(1, people)), people=people).rate(everyone, everyone, 1e-3)
    spread = counter(*((row, row - 1) for row in range(1, people)), people=people).rate(everyone, everyone, 1e-3)
    assert hub.value == spread.value
    assert hub.interval[0] == 0.0  # the face may not be drawn
    assert hub.interval[1] / hub.value > 1.5 * spread.interval[1] / spread.value


def test_strata_keep_their_number_of_people() -> None:
    strata = np.array([0, 0, 0, 1, 1], np.intp)
    draws = draw_people(strata)
    assert (draws[:, :3].sum(axis=1) == 3).all()
    assert (draws[:, 3:].sum(axis=1) == 2).all()
    assert draws.std() > 0


def test_scores_are_found_across_blocks_and_never_with_oneself() -> None:
    people = BLOCK + 3
    random = np.random.default_rng(0)
    vectors = random.standard_normal((people, 64)).astype(np.float32)
    vectors[-1] = vectors[0]
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    found = find_matches(vectors, vectors, 32, Scoring(CALIBRATION, None))
    pairs = set(zip(found.probes.tolist(), found.faces.tolist(), strict=True))
    assert {(0, people - 1), (people - 1, 0)} <= pairs
    assert not any(probe == face for probe, face in pairs)


def test_pairs_of_one_person_are_set_aside() -> None:
    half = (1 - 0.5**2) ** 0.5
    sharp = np.array([[1, 0], [0.5, half], [1, 0], [0.5, half], [1, 0], [0.5, half], [0, 1]], np.float32)
    ages, countries = [40, 40, 5, 5, -1, -1, 40], [""] * 4 + ["Thailand"] * 2 + [""]
    people = [
        Person("", country, "" if country else "Asian", age=age) for age, country in zip(ages, countries, strict=True)
    ]
    found = Matches(np.array([0, 2, 4, 0]), np.array([1, 3, 5, 6]), np.ones(4, np.float32))
    assert are_alike(found, sharp, people).tolist() == [True, False, True, False]
    assert set_aside({16: found}, sharp, people)[16].faces.tolist() == [3, 5, 6]  # children, portraits, no likeness
    assert share_lost({16: found}, sharp, people, {16: 0.9}) == 1.0
    assert share_lost({16: found}, sharp, people, {16: 1.1}) == 0.0


def test_portraits_with_one_number_are_set_aside_and_so_are_those_that_are_alike() -> None:
    sharp = np.array([[1, 0], [0, 1], [0, -1], [1, 0.1]], np.float32)
    people = [Person("", "United Kingdom", number=number) for number in ("7", "7", "8", "9")]
    found = Matches(np.array([0, 0, 0]), np.array([1, 2, 3]), np.ones(3, np.float32))
    assert set_aside({16: found}, sharp, people)[16].faces.tolist() == [2]
    assert share_lost({16: found}, sharp, people, {16: 0.9}) == 0.0
