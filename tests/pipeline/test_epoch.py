"""Names of runs sort by their start and never repeat."""

import time

import pytest

from pipeline.epoch import new_epoch


def test_two_runs_of_one_second_differ_and_a_later_one_sorts_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "gmtime", lambda: time.struct_time((2026, 11, 27, 9, 0, 0, 4, 331, 0)))
    first, second = new_epoch(), new_epoch()
    assert first != second
    monkeypatch.setattr(time, "gmtime", lambda: time.struct_time((2026, 11, 27, 10, 0, 0, 4, 331, 0)))
    assert new_epoch() > max(first, second)


def test_a_resumed_run_says_so() -> None:
    assert new_epoch(resumed=True).endswith("-resumed")
