"""What is measured of a fitted recogniser, and the calibration it would get."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from detectors.runtime import Runtime
from distill.site import gate, measure, ordinary
from distill.site.judge import Judge
from distill.site.people import Pairs, find_pairs
from distill.site.split import Limits
from distill.site.sure import Surety
from distill.site.trial import ALL
from recognizer.base import Recognizer
from recognizer.load import Scoring, load_recognizer, open_scoring
from recognizer.normalisation import Cohort
from recognizer.population import embed_enrolled
from tests.synthetic.made_faces import draw_face, make_person
from tests.synthetic.made_site import make_visitors, write_family

LIMITS = Limits(48.0, 18.0)
RNG = np.random.default_rng(4)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fewer cameras and samples: what is measured stays the same."""
    monkeypatch.setattr(ordinary, "CAMERAS", ordinary.CAMERAS[:2])
    monkeypatch.setattr(measure, "RESAMPLES", 20)


@pytest.fixture
def recognizer(tmp_path: Path) -> Recognizer:
    return load_recognizer(write_family(tmp_path / "own"), runtime=Runtime())


@pytest.fixture
def scoring(recognizer: Recognizer, tmp_path: Path) -> Scoring:
    strangers = [draw_face(make_person(row), RNG) for row in range(500, 524)]
    cohort = Cohort(embed_enrolled(recognizer, strangers), weights=recognizer.weights)
    return replace(open_scoring(recognizer, model=str(tmp_path / "own")), cohort=cohort)


def pairs_of(recognizer: Recognizer, count: int, *, visits: int) -> Pairs:
    return find_pairs(make_visitors(count, noise=10.0, visits=visits), Surety(recognizer, LIMITS), LIMITS)


def test_the_same_recogniser_gains_and_loses_nothing(recognizer: Recognizer, scoring: Scoring) -> None:
    measured, choosing = pairs_of(recognizer, 42, visits=2), pairs_of(recognizer, 15, visits=1)
    found = Judge(recognizer, recognizer, scoring, LIMITS).judge(choosing, measured, is_better=True)
    assert list(found.findings.shares) == [gate.TWO_VISITS, gate.ONE_VISIT, gate.ORDINARY]
    assert f"{gate.TWO_VISITS}, {ALL}" in found.shares
    assert all(one.before == one.after for one in found.shares.values())
    for false in found.findings.false_names.values():
        assert false.before == false.after
        assert false.comparisons > 42 * 41  # the cohort is searched too
    assert [band.tail for band in found.calibration.bands] == [band.tail for band in scoring.calibration.bands]


def test_too_few_second_visits_are_not_measured(recognizer: Recognizer, scoring: Scoring) -> None:
    measured = pairs_of(recognizer, 41, visits=1)
    judge = Judge(recognizer, recognizer, replace(scoring, cohort=None), LIMITS)
    found = judge.judge(measured, measured, is_better=False)
    assert list(found.findings.shares) == [gate.ONE_VISIT, gate.ORDINARY]
    assert not found.findings.is_better
    assert found.findings.false_names[gate.STRANGERS_OF_SITE].comparisons <= 41 * 40
