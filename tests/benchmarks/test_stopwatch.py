"""A stopwatch returns what the part returns, and counts failures too."""

import time

import pytest

from benchmarks.stopwatch import Stopwatch


def test_times_add_up_by_stage_and_results_pass_through(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([0.0, 1.0, 10.0, 12.0, 20.0, 24.0])
    monkeypatch.setattr(time, "perf_counter", lambda: next(clock))
    watch = Stopwatch()
    double = watch.wrap("detect", lambda value, *, factor: value * factor)
    assert [double(2, factor=3), double(1, factor=4)] == [6, 4]
    with pytest.raises(ZeroDivisionError):
        watch.wrap("embed", lambda: 1 / 0)()
    assert watch.seconds == {"detect": 3.0, "embed": 4.0}
