"""One store is copied whole while it is written, looked at page by page, and every fault is named."""

import os
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from configs.at_rest import MAGIC
from pipeline.backup.kinds import FileKind
from pipeline.backup.sqlite_copy import copy_sqlite, holds_sealed, look_at, named_errors, open_readonly

KIND = FileKind("notes", 7, 3)


def make(path: Path, *, version: int = 3, rows: int = 1) -> Path:
    """A store in WAL mode."""
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("CREATE TABLE notes (text TEXT, data BLOB)")
        database.execute(f"PRAGMA user_version = {version}")
        database.executemany("INSERT INTO notes VALUES ('n', ?)", [(bytes(500),)] * rows)
    return path


def count(path: Path) -> int:
    with closing(sqlite3.connect(path)) as database:
        return int(database.execute("SELECT count(*) FROM notes").fetchone()[0])


def test_what_a_writer_committed_is_copied_and_what_it_did_not_is_not(tmp_path: Path) -> None:
    path = make(tmp_path / "n.db")
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("INSERT INTO notes VALUES ('committed', NULL)")
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("INSERT INTO notes VALUES ('open', NULL)")
        assert copy_sqlite(path, tmp_path / "copy.db", KIND) == 3
        writer.execute("COMMIT")
    assert (count(tmp_path / "copy.db"), count(path)) == (2, 3)


def test_a_copy_is_one_file_of_its_owner_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        (tmp_path / "new").mkdir()
        copy_sqlite(make(tmp_path / "n.db"), tmp_path / "new" / "copy.db", KIND)
    finally:
        os.umask(before)
    [copy] = (tmp_path / "new").iterdir()
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert count(copy) == 1
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["copy.db"]


def test_a_file_with_signs_of_an_address_in_its_name_is_opened(tmp_path: Path) -> None:
    path = make(tmp_path / "a?b#c %20.db")
    with closing(open_readonly(path)) as opened:
        assert opened.execute("SELECT count(*) FROM notes").fetchone() == (1,)
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            opened.execute("DELETE FROM notes")


def test_a_relative_path_is_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path / "n.db")
    monkeypatch.chdir(tmp_path)
    assert look_at(Path("n.db"), KIND, "notes n.db") == 3


def test_an_older_version_is_told_and_a_newer_one_refused(tmp_path: Path) -> None:
    assert look_at(make(tmp_path / "old.db", version=1), KIND, "x") == 1
    with pytest.raises(ValueError, match=r"^notes .*new\.db: schema 4 is of a newer Glimpse, this one knows 3"):
        copy_sqlite(make(tmp_path / "new.db", version=4), tmp_path / "copy.db", KIND)


def test_a_damaged_page_is_found_wherever_it_is(tmp_path: Path) -> None:
    path = make(tmp_path / "n.db", rows=100)
    with path.open("r+b") as file:
        file.seek(5 * 4096)
        file.write(b"\xff" * 4096)
    with pytest.raises(ValueError, match=r"^notes: damaged \(.*\); restore a backup$") as raised:
        look_at(path, KIND, "notes")
    assert "\n" not in str(raised.value)


def test_noise_is_damaged_and_a_missing_file_may_be_there_later(tmp_path: Path) -> None:
    (tmp_path / "noise.db").write_bytes(b"noise" * 1000)
    with pytest.raises(ValueError, match=r"noise\.db: damaged"):
        copy_sqlite(tmp_path / "noise.db", tmp_path / "copy.db", KIND)
    with pytest.raises(OSError, match=r"none\.db: in use, or the disk is full or fails"):
        copy_sqlite(tmp_path / "none.db", tmp_path / "copy.db", KIND)
    assert not (tmp_path / "none.db").exists()


def test_a_locked_store_may_be_copied_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.backup.sqlite_copy.BUSY_SECONDS", 0.0)
    path = make(tmp_path / "n.db")
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("PRAGMA locking_mode = EXCLUSIVE")
        writer.execute("INSERT INTO notes VALUES ('x', NULL)")
        with pytest.raises(OSError, match=r"^n: in use"):
            look_at(path, KIND, "n")


@pytest.mark.parametrize("statement", ["SELECT CAST(x'ff' AS TEXT)", "SELECT nothing FROM nowhere"])
def test_any_other_error_names_the_store(statement: str) -> None:
    with closing(sqlite3.connect(":memory:")) as database, pytest.raises(ValueError, match=r"^notes n\.db: "):
        with named_errors("notes n.db"):
            database.execute(statement).fetchall()


def change(path: Path, *statements: tuple[str, tuple[object, ...]]) -> Path:
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        for statement, values in statements:
            database.execute(statement, values)
    return path


def test_a_sealed_value_in_any_column_of_any_table_is_found(tmp_path: Path) -> None:
    path = make(tmp_path / "n.db")
    assert not holds_sealed(path)
    change(
        path,
        ('CREATE TABLE "odd name" (a INTEGER, "b c" BLOB)', ()),
        ('INSERT INTO "odd name" VALUES (1, ?)', (MAGIC + b"x",)),
    )
    assert holds_sealed(path)


def test_a_sealed_value_that_is_stored_as_text_is_found_and_the_word_elsewhere_is_not(tmp_path: Path) -> None:
    path = make(tmp_path / "n.db")
    change(path, ("INSERT INTO notes VALUES (?, ?)", (MAGIC.decode("latin-1"), b"x" + MAGIC)))
    assert not holds_sealed(path)
    change(path, ("INSERT INTO notes VALUES ('', CAST(? AS TEXT))", (MAGIC + b"x",)))
    assert holds_sealed(path)


def test_names_with_quotes_and_types_in_small_letters_are_looked_at(tmp_path: Path) -> None:
    path = make(tmp_path / "n.db")
    change(
        path,
        ('CREATE TABLE "a""b" (key TEXT PRIMARY KEY, "c""d" blob)', ()),
        ('INSERT INTO "a""b" VALUES (?, ?)', ("k", MAGIC + b"x")),
    )
    assert holds_sealed(path)


def test_an_empty_store_holds_nothing_sealed(tmp_path: Path) -> None:
    path = tmp_path / "n.db"
    change(path, ("PRAGMA user_version = 1", ()))
    assert not holds_sealed(path)


def test_what_a_crash_left_half_written_is_rolled_back(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "live.db", isolation_level=None)) as live:
        live.executescript("PRAGMA cache_size = 1; CREATE TABLE t (v BLOB)")
        live.executemany("INSERT INTO t VALUES (?)", [(bytes(2000),)] * 50)
        live.execute("BEGIN")
        live.execute("UPDATE t SET v = ?", (b"\x01" * 2000,))
        for name in ("live.db", "live.db-journal"):  # as they lie on the disk when the machine stops
            (tmp_path / name.replace("live", "crashed")).write_bytes((tmp_path / name).read_bytes())
    with closing(open_readonly(tmp_path / "crashed.db")) as opened:
        assert opened.execute("SELECT DISTINCT v FROM t").fetchall() == [(bytes(2000),)]
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            opened.execute("DELETE FROM t")
