"""The benchmark of the history answers every question on a small one."""

import sys

import pytest

from benchmarks.history import main


def test_each_question_has_its_row(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["benchmarks.history", "--tracks", "200"])
    assert main() == 0
    text = capsys.readouterr().out
    lines = text.splitlines()
    assert lines[0].startswith("| 200 tracks, ")
    assert sum(line.startswith("| ") for line in lines) == 13
    assert "`python -m benchmarks.history --tracks 200`" in text
