"""The SQLite file of a gallery: creation, transactions, and the files that are refused."""

import sqlite3
from pathlib import Path

import pytest

from recognizer.gallery.database import Database

INSERT = "INSERT INTO people (name, added_at) VALUES (?, 0)"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "g.db"


def names(database: Database) -> list[str]:
    return [name for (name,) in database.rows("SELECT name FROM people ORDER BY name")]


def revision(database: Database) -> int:
    return int(database.rows("SELECT revision FROM gallery")[0][0])


def test_a_write_transaction_increments_the_revision_and_an_error_rolls_it_back(path: Path) -> None:
    database = Database(path, create=True)
    with database.writing():
        assert database.change(INSERT, ("a",)) == 1
    with pytest.raises(ValueError, match="UNIQUE"), database.writing():
        database.change("INSERT INTO people (name, added_at) VALUES ('b', 0), ('a', 0)")
    assert (names(database), revision(database)) == (["a"], 1)
    database.close()
    database.close()


def test_queries_in_one_read_transaction_see_one_state(path: Path) -> None:
    reader, writer = Database(path, create=True), Database(path, create=False)
    with reader.reading():
        assert names(reader) == []
        with writer.writing():
            writer.change(INSERT, ("a",))
        assert names(reader) == []
    assert names(reader) == ["a"]
    reader.close()
    writer.close()


def test_a_reader_does_not_wait_for_a_writer(path: Path) -> None:
    reader, writer = Database(path, create=True), Database(path, create=False)
    with writer.writing():
        writer.change(INSERT, ("a",))
        assert names(reader) == []
    reader.close()
    writer.close()


def test_two_processes_may_create_the_same_file(path: Path) -> None:
    first, second = Database(path, create=True), Database(path, create=True)
    with first.writing():
        first.change(INSERT, ("a",))
    assert names(second) == ["a"]
    first.close()
    second.close()


def test_an_sqlite_error_names_the_file(path: Path) -> None:
    database = Database(path, create=True)
    with pytest.raises(ValueError, match=r"gallery .*g\.db: no such table: nowhere"):
        database.rows("SELECT 1 FROM nowhere")
    database.close()


def test_a_missing_file_is_named(path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"gallery: no such file: .*g\.db"):
        Database(path, create=False)
    assert not path.exists()


def test_a_file_of_another_format_is_refused(path: Path) -> None:
    path.write_bytes(b"this is no database, and long enough to be looked at " * 20)
    with pytest.raises(ValueError, match=r"g\.db: not a gallery or damaged"):
        Database(path, create=False)


def test_another_sqlite_database_is_refused(path: Path) -> None:
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE something (x)")
    other.commit()
    other.close()
    with pytest.raises(ValueError, match="another SQLite database"):
        Database(path, create=False)


def test_a_newer_schema_is_refused(path: Path) -> None:
    Database(path, create=True).close()
    db = sqlite3.connect(path)
    db.execute("PRAGMA user_version = 99")
    db.close()
    with pytest.raises(ValueError, match="expected schema 1, got 99; update Glimpse"):
        Database(path, create=False)
