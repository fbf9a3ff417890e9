"""The benchmark of negatives counts what it says: each false name once, and right names of marked people alone."""

from typing import cast

import numpy as np

from benchmarks.corrections import Tracks, Trial, count
from recognizer.evidence import Evidence
from recognizer.load import Scoring
from tests.recognizer.test_decide import CALIBRATION


def look(vector: list[float]) -> Evidence:
    evidence = Evidence()
    evidence.add(np.array(vector, np.float32), weight=1.0, face_px=40.0, time=0.0)
    return evidence


def test_a_marked_stranger_is_counted_and_the_right_person_keeps_the_name() -> None:
    ann, stranger = [1.0, 0.0, 0.0], [0.8, 0.6, 0.0]
    people = np.array([ann, [0.0, 0.0, 1.0]], np.float32)
    seen = Tracks([look(ann), look(stranger)], [look(ann), look(stranger)], [look([0.95, -0.3, 0.0]), look(stranger)])
    trial = Trial("m", Scoring(CALIBRATION, None), people, {40: seen}, 2)
    for kind in ("marked", "again", "other"):
        found = count(trial, [0, 1], 40, 40, cast(str, kind), 0.03)
        assert (found.false, found.gone, found.right, found.lost, found.lost_at_once) == (1, 1, 1, 0, 0)
