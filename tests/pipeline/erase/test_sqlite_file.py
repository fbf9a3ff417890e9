"""SQLite files are known by their application ID, also after a kill."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from pipeline.erase.sqlite_file import application_id, is_sqlite


def make(path: Path, number: int) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute(f"PRAGMA application_id = {number}")
        database.execute("CREATE TABLE t (a)")


@pytest.mark.parametrize("number", [0, 1, 0x476C6D70])
def test_the_id_is_read(tmp_path: Path, number: int) -> None:
    make(tmp_path / "a#b?c.db", number)
    assert is_sqlite(tmp_path / "a#b?c.db")
    assert application_id(tmp_path / "a#b?c.db") == number


def test_an_id_that_stands_only_in_the_log_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA application_id = 7")
        assert application_id(path) == 7


@pytest.mark.parametrize("data", [b"", b"SQLite", b"plain text"])
def test_other_files_have_none(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "file").write_bytes(data)
    assert application_id(tmp_path / "file") is None
