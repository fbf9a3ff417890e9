"""The check of a calibration: who is counted, and the verdict."""

import numpy as np
import pytest

from benchmarks.false_names import Trial, describe, draw_galleries, list_rows
from recognizer.calibration import uncalibrated
from recognizer.load import Scoring
from tests.benchmarks.test_identification import BLUE, GREEN, RED, ColourRecognizer

SCORING = Scoring(uncalibrated("colours"), None)


def test_strangers_who_look_like_an_enrolled_person_are_counted_in_every_gallery() -> None:
    vectors = np.eye(3, dtype=np.float32)[:2]  # the blue and the green one
    galleries = list(draw_galleries("colours", vectors, ["blue", "green"], SCORING, count=2))
    trial = Trial(ColourRecognizer(), SCORING, galleries, [BLUE, GREEN, RED, RED])
    rows = list(list_rows(trial, 24, (1, 2)))
    assert [row[:6] for row in rows[:2]] == [
        ["24 px", "1", "1 %", "4", "8", "4"],
        ["24 px", "1", "0.1 %", "4", "8", "4"],
    ]


@pytest.mark.parametrize(("share", "verdict"), [(0.01, "yes"), (0.1, "no"), (0.0, "no")])
def test_the_verdict_says_whether_a_factor_of_two_lies_in_the_interval(share: float, verdict: str) -> None:
    named = np.random.default_rng(1).random((20, 2000)) < share
    assert describe(named, 0.01)[-1] == verdict
