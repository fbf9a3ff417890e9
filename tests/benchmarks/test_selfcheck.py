"""The benchmark of the self-check on one made site of real faces, by the smallest family."""

import argparse
from pathlib import Path

import pytest

from benchmarks.selfcheck import Bench, Made, check, count_false_alarms, list_rows, live


@pytest.fixture(scope="module")
def made(shared: Path) -> Made:
    options = argparse.Namespace(recognizer="tiny", nights=3, threads=1, data=shared / "data" / "lfw-view2.zip")
    return Bench(options).make(1)


@pytest.mark.shared
@pytest.mark.slow
@pytest.mark.timeout(900)
def test_planted_faults_are_found_and_clean_nights_are_not_suspected(made: Made) -> None:
    state, nights = live(made.site, made.clean[:3])
    assert [len(one.faults) for one in nights] == [0, 0, 0]
    wanted = {
        "channels swapped": "colour",
        "half-pixel shift": "shift",
        "wrong calibration": "calibration",
        "blurred lens": "blur",
    }
    for name, kind in wanted.items():
        site, night = made.faulty[name]
        assert kind in {fault.kind for fault in check(site, night, state).faults}, name
    assert [row[0] for row in list_rows([made], 3)] == [*wanted, "none"]
    wrong, total, _ = count_false_alarms([made], 2)
    assert (wrong, total) == (0, 8)
