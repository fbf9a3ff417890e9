"""The benchmark of near and far looks: whose photographs it shows, and what it counts."""

import numpy as np

from benchmarks.looks import HEADS, Trial, list_rows
from recognizer.calibration import uncalibrated
from recognizer.decide import DecisionRule
from recognizer.gallery.index import GalleryIndex
from recognizer.load import Scoring
from tests.benchmarks.test_identification import BLUE, GREEN, RED, ColourRecognizer


def test_the_enrolled_are_named_and_a_stranger_like_nobody_is_not() -> None:
    index = GalleryIndex("colours", np.eye(3, dtype=np.float32)[:2], ["Ada", "Ben"])
    photographs = [[RED, BLUE, BLUE, BLUE], [RED, GREEN, GREEN, GREEN], [BLUE, RED, RED, RED]]
    trial = Trial(ColourRecognizer(), Scoring(uncalibrated("colours"), None), index, ["Ada", "Ben"], photographs)
    rows = list(list_rows(trial, DecisionRule()))
    assert [(row[0], row[1]) for row in rows] == [
        ("0", ""),
        *((count, "the same photograph") for count in ("5", "30", "100")),
        *((count, "other photographs") for count in ("5", "30", "100")),
    ]
    assert {tuple(row[2:]) for row in rows} == {("100.0 % (2/2)", "0.0 % (0/2)", "0.0 % (0/1)")}
    assert {len(row) for row in rows} == {len(HEADS)}
