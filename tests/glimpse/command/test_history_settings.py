"""Section `history` of a configuration file, and what is given beside it."""

from pathlib import Path

import pytest

from glimpse.command.app import main
from glimpse.command.history_settings import Recording, place_of, recording
from pipeline.history.retention import Limits
from pipeline.history.store import HistoryWriter
from tests.synthetic.visits import visit

FILE = """
node: shop
events:
  bind: tcp://*:7000
history:
  file: kept/h.db
  unknowns: true
  event_days: 3
cameras:
  - source: rtsp://127.0.0.1/door
    name: door
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "site.yaml"
    path.write_text(FILE)
    return path


def ask(config: Path | None, address: str | None = None, history: str | None = None, **flags: float) -> Recording:
    return recording(address, history, config, node="", unknowns=False, curve="", limits=flags)


def test_the_file_says_everything(config: Path) -> None:
    wanted = Limits(event_days=3)
    history = str(config.parent / "kept" / "h.db")
    assert ask(config) == Recording("tcp://127.0.0.1:7000", history, "shop", True, "", wanted)


def test_what_is_given_counts_more(config: Path) -> None:
    asked = ask(config, "ipc:///run/bus", "postgresql://h/d", event_days=9.0, crop_mb=5.0)
    assert asked == Recording("ipc:///run/bus", "postgresql://h/d", "shop", True, "", Limits(event_days=9, crop_mb=5))


def test_without_a_file_the_old_form_holds() -> None:
    assert ask(None, "tcp://h:1", "h.db") == Recording("tcp://h:1", "h.db", "", False, "", Limits())
    assert place_of("h.db", None) == "h.db"


@pytest.mark.parametrize("place", ["postgresql://h/d", "postgres://ada:secret@h/d"])
def test_an_address_of_postgres_is_no_path(place: str, config: Path) -> None:
    config.write_text(FILE.replace("kept/h.db", place))
    assert place_of(None, config) == place


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("file: kept/h.db", "file: ''", "history.file: expected a file or a postgresql:// address"),
        ("bind: tcp://*:7000", "bind: none", "events.bind: expected an address to receive events from, got none"),
        ("bind: tcp://*:7000", "bind: tcp://*:7000\n  curve: keys", "events.curve: expected --curve FOLDER"),
        ("event_days: 3", "event_day: 3", "unknown key 'event_day' in history; did you mean 'event_days'?"),
        ("event_days: 3", "event_days: 0", "history.event_days"),
        ("file: kept/h.db", "file: http://ada:secret@h/d", "expected a path, got what looks like a URL"),
    ],
)
def test_what_is_wrong_in_the_file_is_said(
    old: str, new: str, message: str, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config.write_text(FILE.replace(old, new))
    assert main(["history", "record", "--config", str(config)]) == 2
    printed = capsys.readouterr().err
    assert message in " ".join(printed.split())
    assert "secret" not in printed


@pytest.mark.parametrize("words", [["record"], ["show"], ["search", "--track", "1"], ["record", "tcp://127.0.0.1:1"]])
def test_nothing_given_is_wrong_usage(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["history", *words]) == 2
    assert "--config FILE" in capsys.readouterr().err


def test_show_reads_the_history_of_the_file(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with HistoryWriter(config.parent / "kept" / "h.db") as history:
        history.add(visit("Ada"), None)
    assert main(["history", "show", "--config", str(config)]) == 0
    assert "named Ada" in capsys.readouterr().out
