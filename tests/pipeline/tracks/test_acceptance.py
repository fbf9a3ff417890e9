"""When a track is a face."""

import numpy as np
import pytest

from pipeline.tracks.acceptance import LOOKS, MIN_MOVE, Acceptance, sure_score
from pipeline.types import Track

HEIGHT = 20.0
START = np.array([10, 10, 26, 30], np.float32)


def judge(*looks: tuple[float, float, float]) -> bool:
    """Looks of (score, likeness, move in face heights); whether the track is a face in the end."""
    acceptance = Acceptance(START)
    for score, likeness, move in looks:
        box = START + np.array([1, 0, 1, 0], np.float32) * np.float32(move * HEIGHT)
        acceptance.look(Track("door", 1, box, score, None, 0.0), likeness, min_likeness=0.9, min_score=0.5)
    return acceptance.is_face


LIKELY = (0.55, 1.0, 0.5)


@pytest.mark.parametrize(
    ("looks", "is_face"),
    [
        pytest.param([(0.7, 0.6, 0.0)], True, id="one sure box"),
        pytest.param([(0.95, 0.5, 1.0)], False, id="a sure box that the recogniser does not take for a face"),
        pytest.param([LIKELY], False, id="one likely look"),
        pytest.param([LIKELY] * LOOKS, True, id="likely looks"),
        pytest.param([(0.55, 1.4, 0.9 * MIN_MOVE)] * 50, False, id="a sign that stands still"),
        pytest.param([(0.55, 1.0, 0.0)] * 9 + [(0.55, 1.0, 0.2)], True, id="somebody who turns the head at last"),
        pytest.param([(0.55, 0.8, 0.5)] * 9, False, id="features too short"),
        pytest.param([(0.45, 1.4, 0.5)] * 9, False, id="boxes too unsure"),
        pytest.param([LIKELY, (0.4, 0.4, 5.0), LIKELY], True, id="bad looks in between"),
        pytest.param([(0.9, 1.0, 0.0), (0.2, 0.1, 0.0)], True, id="accepted once and for good"),
        pytest.param([], False, id="never looked at"),
        pytest.param([(float("nan"), float("nan"), 0.0)] * 3, False, id="not finite"),
    ],
)
def test_when_a_track_is_a_face(looks: list[tuple[float, float, float]], is_face: bool) -> None:
    assert judge(*looks) is is_face


@pytest.mark.parametrize(("min_score", "sure"), [(0.5, 0.7), (0.3, 0.5), (0.9, 0.95), (1.0, 1.0), (0.0, 0.2)])
def test_a_sure_score_goes_with_the_scores_of_the_detector(min_score: float, sure: float) -> None:
    assert sure_score(min_score) == pytest.approx(sure)
