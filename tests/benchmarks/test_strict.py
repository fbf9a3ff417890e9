"""The table of strict rates."""

import numpy as np
import pytest

from benchmarks.strict import SIZES_PX, Entry, Features, normalise, strict_rows
from distill.metrics.strict import tar_of_scores
from recognizer.normalisation import Cohort
from recognizer.preprocess import l2_normalise

PEOPLE = [str(row // 2) for row in range(40)]


def features(noise: float) -> np.ndarray:
    """Unit rows (40,16) of twenty people's two photographs."""
    rng = np.random.default_rng(0)
    return l2_normalise(np.repeat(rng.normal(size=(20, 16)), 2, axis=0) + noise * rng.normal(size=(40, 16)))


def test_small_faces_are_compared_with_sharp_ones_and_the_spread_is_that_of_sharp_ones() -> None:
    sharp, useless = features(0.01), np.zeros((40, 16), np.float32)
    rows = {px: sharp if px > 16 else useless for px in SIZES_PX}
    ((name, *cells, spread),) = strict_rows(Entry("m", None, None), Features(sharp, None, rows), PEOPLE)  # type: ignore[arg-type]
    assert name == "m"
    assert cells == ["100.0"] * 4 + ["0.0"] * 2
    assert float(spread) == pytest.approx(0.25, abs=0.05)  # random directions in 16 dimensions


def test_a_cohort_gives_a_second_row_of_normalised_scores() -> None:
    cohort = Cohort(l2_normalise(np.random.default_rng(1).normal(size=(100, 16))), weights="w")
    rows = dict.fromkeys(SIZES_PX, features(0.8))
    plain, normalised = strict_rows(Entry("m", None, cohort), Features(rows[112], None, rows), PEOPLE)  # type: ignore[arg-type]
    assert normalised[0] == "m, cohort"
    expected = 100 * tar_of_scores(normalise(cohort, rows[112], rows[16]), PEOPLE)
    assert normalised[-3] == f"{expected:.1f}"
    assert len(normalised) == len(plain)


def test_a_family_has_a_row_for_faces_that_one_member_enrolled() -> None:
    sharp, useless = features(0.01), np.zeros((40, 16), np.float32)
    read = Features(sharp, useless, dict.fromkeys(SIZES_PX, sharp))
    (_, *all_members, _), (name, *one_member, _) = strict_rows(Entry("m", None, None), read, PEOPLE)  # type: ignore[arg-type]
    assert name == "m, enrolled by one member"
    assert (all_members, one_member) == (["100.0"] * 6, ["0.0"] * 6)


def test_normalised_scores_have_gallery_rows_and_probe_columns() -> None:
    cohort = Cohort(l2_normalise(np.random.default_rng(1).normal(size=(100, 16))), weights="w")
    gallery, probes = features(0.1)[:3], features(0.1)[:5]
    scores = normalise(cohort, gallery, probes)
    assert scores.shape == (3, 5)
    assert scores[2, 2] > max(scores[0, 2], scores[1, 2])  # the second pair of photographs is another person
