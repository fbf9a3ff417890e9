"""A history that is missing, locked, damaged, empty or of a later version is a sentence, not a broken page."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.history import sqlite_database
from pipeline.history.reader import HistoryReader
from pipeline.history.store import HistoryWriter
from pipeline.web.room import Room, without_folders
from tests.pipeline.web.pages.conftest import at


def damage(path: Path) -> None:
    path.write_bytes(b"no database at all" * 100)


def make_later(path: Path) -> None:
    HistoryWriter(path).close()
    with sqlite3.connect(path) as file:
        file.execute("PRAGMA user_version = 99")
    file.close()


@pytest.mark.parametrize(
    ("spoil", "expected"),
    [
        (lambda path: None, "no such file"),
        (damage, "history h.db"),
        (make_later, "update Glimpse"),
        (Path.mkdir, "a folder"),
    ],
)
@pytest.mark.parametrize("path", ["/timeline", "/tracks/1", "/tracks/1/crop.jpg", "/search?track=1"])
def test_a_history_that_cannot_be_read_is_a_sentence_without_folders(
    tmp_path: Path, spoil: Callable[[Path], None], expected: str, path: str
) -> None:
    spoil(tmp_path / "h.db")
    with at(Room(open_history=lambda: HistoryReader(tmp_path / "h.db"))) as browser:
        answer = browser.get(path)
    assert answer.status_code == 503
    assert expected in answer.text
    assert str(tmp_path) not in answer.text


def test_a_history_that_is_locked_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite_database, "BUSY_SECONDS", 0.05)
    path = tmp_path / "h.db"
    HistoryWriter(path).close()
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("PRAGMA locking_mode = EXCLUSIVE")
    holder.execute("BEGIN EXCLUSIVE")
    holder.execute("UPDATE usage SET bytes = bytes")
    try:
        with at(Room(open_history=lambda: HistoryReader(path))) as browser:
            answer = browser.get("/timeline")
    finally:
        holder.close()
    assert answer.status_code in (200, 503)  # in WAL mode readers do not wait for a writer
    assert answer.status_code == 200 or "in use" in answer.text


def test_an_empty_history_and_no_history_are_said(tmp_path: Path) -> None:
    HistoryWriter(tmp_path / "h.db").close()
    with at(Room(open_history=lambda: HistoryReader(tmp_path / "h.db"))) as browser:
        assert "No track like this" in browser.get("/timeline").text
    with at(Room()) as browser:
        answer = browser.get("/timeline")
        assert (answer.status_code, "keeps no history" in answer.text) == (503, True)
        assert browser.get("/").status_code == 200
        assert browser.get("/search").status_code == 200


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("history /srv/a b/h.db: no such file", "history a b/h.db: no such file"),
        ("history /srv/h.db: damaged", "history h.db: damaged"),
        ("at postgresql://me:hunter2@db/x", "at postgresql://***@db/x"),
        ("", ""),
    ],
)
def test_folders_and_passwords_are_not_shown(text: str, shown: str) -> None:
    found = without_folders(text)
    assert "/srv" not in found
    assert "hunter2" not in found
    assert found == shown or "postgresql" in text
