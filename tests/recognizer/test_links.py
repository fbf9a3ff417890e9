"""Chances of links follow the calibration, and what ships fits its cohort."""

import numpy as np
import pytest

from recognizer import open_links as opening
from recognizer.links import link_looks
from recognizer.load import BASE, EMBEDDED, LARGE, TINY
from recognizer.open_links import open_links
from tests.synthetic.strangers import face, links


def test_the_chance_is_that_of_the_tail_for_so_many_others() -> None:
    found = links()
    assert found.chance(0.35, 24, 1, others=1) == pytest.approx(0.01)
    assert found.chance(0.5, 24, 1, others=100) == pytest.approx(0.01, rel=0.01)


def test_no_pair_below_the_least_score_is_sure_enough() -> None:
    found = links()
    least = found.least_score(0.01, others=50)
    assert found.chance(least - 1e-3, 24, 1, others=50) > 0.01


def test_strangers_score_less_than_two_looks_at_one() -> None:
    found = links()
    one, again, other = face(1, 1)[None], face(1, 2)[None], face(2, 1)[None]
    near = [found.nearness(vector) for vector in (one, again, other)]
    own = found.scores(one, near[0], again, near[1])
    assert own[0, 0] > found.scores(one, near[0], other, near[2])[0, 0] + 0.3


@pytest.mark.parametrize(("first", "second", "expected"), [(1, 1, 1), (4, 4, 4), (1, 3, 1.5), (0, 0.5, 1)])
def test_looks_of_a_pair(first: float, second: float, expected: float) -> None:
    assert link_looks(first, second) == pytest.approx(expected)


@pytest.mark.parametrize("family", [TINY, BASE, LARGE, EMBEDDED])
def test_what_ships_opens_and_strangers_need_more_than_a_photograph(family: str) -> None:
    """Stricter than thresholds of photographs, which are sharp; and a rarer chance needs a higher score."""
    found = open_links(family)
    assert found is not None
    scores = [found.calibration.threshold(24, 1.3, rate) for rate in (1e-2, 1e-3, 1e-4, 1e-5)]
    assert (np.diff(scores) > 0).all()
    assert 0.4 < scores[-1] < 1.1  # normalised scores may exceed 1


def test_another_recogniser_has_none() -> None:
    assert open_links("own.onnx") is None


def test_a_calibration_of_another_cohort_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "load_cohort", lambda _: links().cohort)
    with pytest.raises(ValueError, match="another cohort or other weights"):
        open_links(TINY)
