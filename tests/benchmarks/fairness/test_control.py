"""Strangers at the thresholds of a calibration that was not counted on them."""

from pathlib import Path

from benchmarks.fairness.control import count_control, read_strangers
from benchmarks.fairness.readings import SIZES_PX
from tests.benchmarks.fairness.test_misses import SCORING, pack
from tests.benchmarks.test_identification import BLUE, GREEN, RED, ColourRecognizer


def test_strangers_who_look_alike_match_both_ways_at_each_height() -> None:
    rate = count_control(ColourRecognizer(), SCORING, [RED, GREEN, BLUE, BLUE], 1e-5, cache=None)
    assert rate.matches == 2 * len(SIZES_PX)
    assert rate.compared == 12 * len(SIZES_PX)


def test_each_person_is_drawn_once(tmp_path: Path) -> None:
    source = pack(tmp_path / "p.zip", "a/0.webp", "a/1.webp", "b/0.webp", "c/0.webp")
    assert len(read_strangers(source, most=10)) == 3
    assert len(read_strangers(source, most=2)) == 2
