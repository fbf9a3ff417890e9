"""The benchmark of schedules: what counts as seen, and how late."""

import numpy as np

from benchmarks.schedule import Clip, Tally, _row
from detectors.base import Detections
from pipeline.types import Frame

FACE, ELSEWHERE = np.array([0, 0, 10, 10], np.float32), np.array([50, 0, 60, 10], np.float32)
FRAMES = [Frame("c", n, n / 2, 0.0, 0.0, np.zeros((0, 0, 3), np.uint8)) for n in range(4)]
CLIP = Clip("clip", FRAMES, [(Detections.empty(), 0.0)] * 4)


def test_a_track_is_seen_where_a_box_overlaps_and_the_delay_counts_from_its_start() -> None:
    whole = Tally([{1: FACE}] * 4, pixels=100, seconds=2.0)
    tally = Tally([{}, {7: ELSEWHERE}, {7: FACE}, {7: FACE}], pixels=25, seconds=1.0)
    cells = _row(CLIP, "half", whole, tally)
    assert cells[:3] == ["clip", "half", "1.000 of 1"]
    assert cells[4:] == ["0.500 of 4", "1.00", "0.25", "0.50"]


def test_without_faces_there_is_nothing_to_miss() -> None:
    whole = Tally([{}] * 4, pixels=100, seconds=2.0)
    cells = _row(CLIP, "none", whole, Tally([{7: FACE}] * 4, pixels=100, seconds=2.0))
    assert cells[2:6] == ["none", "none", "none", "0.00"]
