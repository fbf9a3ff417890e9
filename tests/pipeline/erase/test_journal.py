"""A journal is destroyed whole, unless a run has it open."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from pipeline.erase.journal import JournalStore
from pipeline.erase.person import Person
from pipeline.erase.sqlite_file import HEADER
from pipeline.erase.store import IncompleteError
from pipeline.resume.cache import APPLICATION_ID

STORE, GRACE = JournalStore(), Person("Grace")


def make(path: Path, application_id: int = APPLICATION_ID) -> Path:
    with closing(sqlite3.connect(path)) as database:
        database.execute(f"PRAGMA application_id = {application_id}")
        database.execute("CREATE TABLE t (x)")
    return path


def test_a_journal_of_any_name_and_a_damaged_one_of_its_name_are_recognised(tmp_path: Path) -> None:
    assert STORE.recognises(make(tmp_path / "other.name"))
    assert not STORE.recognises(make(tmp_path / "gallery.db", 7))
    damaged = tmp_path / "journal.db"
    damaged.write_bytes(HEADER + bytes(200))
    assert STORE.recognises(damaged)
    damaged.write_bytes(b"text")
    assert not STORE.recognises(damaged)


def test_it_goes_with_its_log_and_index(tmp_path: Path) -> None:
    path = make(tmp_path / "journal.db")
    for suffix in ("-wal", "-shm"):
        (tmp_path / f"journal.db{suffix}").touch()
    assert STORE.erase(path, GRACE).startswith("destroyed")
    assert list(tmp_path.iterdir()) == []


def test_while_a_run_has_it_nothing_is_changed(tmp_path: Path) -> None:
    path = make(tmp_path / "journal.db")
    before = path.read_bytes()
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("BEGIN EXCLUSIVE")
        with pytest.raises(IncompleteError, match="a run is using it"):
            STORE.erase(path, GRACE)
        assert path.read_bytes() == before
    STORE.erase(path, GRACE)
    assert not path.exists()
