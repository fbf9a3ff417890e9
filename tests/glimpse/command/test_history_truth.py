"""`glimpse history truth`, and that `glimpse evaluate` takes what it writes."""

from pathlib import Path

import pytest

from glimpse.command.app import main
from glimpse.evaluation.truth import read_truth
from tests.synthetic.corrections import make_site


@pytest.fixture(autouse=True)
def _in_site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(make_site(tmp_path))


def test_corrections_become_a_table_that_can_be_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["history", "this-is", "history.db", "1", "Ada"]) == 0
    assert main(["history", "this-is-not", "history.db", "2", "Bob"]) == 0
    capsys.readouterr()
    assert main(["history", "truth", "history.db", "--from", "1970-01-01", "--to", "2100-01-01"]) == 0
    printed = capsys.readouterr()
    assert "left out: 1 tracks of which it was only said who they are not; --strangers takes them" in printed.err
    (tmp_path / "truth.csv").write_text(printed.out)
    [row] = read_truth(tmp_path / "truth.csv")
    assert (row.person, row.place, row.is_dated, row.first, row.face_px) == ("Ada", "door", True, 1000.0, 40.0)
    assert main(["history", "truth", "history.db", "--strangers"]) == 0
    assert capsys.readouterr().out.count("\n") == 3


def test_without_corrections_there_is_no_truth(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["history", "truth", "history.db"]) == 1
    assert capsys.readouterr().out.count("\n") == 1
    assert main(["history", "truth", "none.db"]) == 2
    assert main(["history", "truth"]) == 2


def test_times_are_those_of_the_site(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("site.yaml").write_text("history: {file: history.db}\nsite: {timezone: America/New_York}\n")
    assert main(["history", "this-is", "history.db", "1", "Ada"]) == 0
    words = ["history", "truth", "--config", "site.yaml"]
    assert main([*words, "--from", "1969-12-31T19:00", "--to", "1969-12-31T19:30"]) == 0  # 1000 s after the epoch
    assert main([*words, "--from", "1970-01-01T00:00"]) == 1
    capsys.readouterr()
    assert main([*words, "--from", "yesterday"]) == 2
    assert "--from: expected a day or a time such as" in capsys.readouterr().err
