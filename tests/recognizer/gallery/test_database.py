"""The SQLite file of a gallery: creation, transactions, and the files that are refused."""

import re
import sqlite3
from pathlib import Path

import pytest

from recognizer.gallery.schema import APPLICATION_ID, CHANGES, NEGATIVES, SCHEMA, SCHEMA_VERSION
from recognizer.gallery.sqlite_database import SqliteDatabase as Database

INSERT = "INSERT INTO people (name, added_at) VALUES (?, 0)"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "g.db"


def names(database: Database) -> list[str]:
    return [name for (name,) in database.rows("SELECT name FROM people ORDER BY name")]


def revision(database: Database) -> int:
    return int(database.rows("SELECT revision FROM gallery")[0][0])


def write_version_1(path: Path, *columns: str) -> None:
    """Write a gallery of schema 1 with one person; columns: SQL of columns that a real one does not have."""
    db = sqlite3.connect(path)
    db.execute("PRAGMA journal_mode = WAL")
    old = SCHEMA.replace(",\n    length REAL, chip BLOB", "".join(f", {column}" for column in columns))
    db.executescript(old.replace(NEGATIVES, "").replace(CHANGES, ""))
    db.execute("INSERT INTO people VALUES (1, 'a', 0)")
    db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    db.execute("PRAGMA user_version = 1")
    db.commit()
    db.close()


def schema_of(path: Path) -> list[str]:
    """The statements that make the file's tables, without differences of layout."""
    db = sqlite3.connect(path)
    statements = [re.sub(r"\s+", "", sql) for (sql,) in db.execute("SELECT sql FROM sqlite_master WHERE sql NOT NULL")]
    db.close()
    return sorted(statements)


def test_a_file_of_schema_1_is_read_as_it_is_and_migrated_by_the_first_write(path: Path, tmp_path: Path) -> None:
    write_version_1(path)
    before = schema_of(path)
    reader, writer = Database(path, create=False), Database(path, create=False)
    assert (names(reader), schema_of(path)) == (["a"], before)
    with writer.writing():
        writer.change(INSERT, ("b",))
    assert (names(reader), reader.schema_version) == (["a", "b"], SCHEMA_VERSION)
    reader.close()
    writer.close()
    Database(tmp_path / "new.db", create=True).close()
    assert schema_of(path) == schema_of(tmp_path / "new.db")


def test_a_migration_is_undone_together_with_a_write_that_fails(path: Path) -> None:
    write_version_1(path)
    before = schema_of(path)
    database = Database(path, create=False)
    with pytest.raises(ValueError, match="UNIQUE"), database.writing():
        database.change(INSERT, ("a",))
    assert (database.schema_version, schema_of(path)) == (1, before)
    database.close()


def test_a_migration_that_fails_half_way_leaves_the_old_file(path: Path) -> None:
    write_version_1(path, "chip TEXT")  # the second of the two new columns cannot be added
    before = schema_of(path)
    database = Database(path, create=False)
    with pytest.raises(ValueError, match="duplicate column name: chip"), database.writing():
        pass
    assert (database.schema_version, schema_of(path), names(database)) == (1, before, ["a"])
    database.close()


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
    with pytest.raises(ValueError, match="expected schema 4 or less, got 99; update Glimpse"):
        Database(path, create=False)
