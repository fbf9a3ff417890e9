"""SQLite files of Glimpse: made, opened, brought up to date, refused and used by several at once."""

import re
import sqlite3
import threading
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.store_file import Mode, StoreFile, StoreKind

KIND = StoreKind(
    "notes", "a file of notes", "glimpse notes", 0x476C7878, (("CREATE TABLE notes (text TEXT NOT NULL)",),)
)
NEXT = replace(KIND, migrations=(*KIND.migrations, ("ALTER TABLE notes ADD COLUMN author TEXT",)))


def make(path: Path, *texts: str) -> Path:
    with StoreFile(path, KIND, "create") as file:
        file.change_many("INSERT INTO notes VALUES (?)", [(text,) for text in texts])
    return path


def notes(path: Path) -> list[str]:
    with StoreFile(path, KIND, "read") as file:
        return [text for (text,) in file.rows("SELECT text FROM notes ORDER BY text")]


def test_a_new_file_belongs_to_its_owner_alone(tmp_path: Path) -> None:
    path = make(tmp_path / "new" / "notes.db", "one")
    assert notes(path) == ["one"]
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("mode", ["read", "change"])
def test_a_missing_file_is_not_made(tmp_path: Path, mode: Mode) -> None:
    with pytest.raises(FileNotFoundError, match=r"notes .*: no such file; glimpse notes makes one"):
        StoreFile(tmp_path / "none.db", KIND, mode)
    assert list(tmp_path.iterdir()) == []


def test_a_file_opened_for_reading_cannot_be_changed(tmp_path: Path) -> None:
    with StoreFile(make(tmp_path / "n.db"), KIND, "read") as file, pytest.raises(OSError, match="the file is in use"):
        file.change("INSERT INTO notes VALUES ('x')")


@pytest.mark.parametrize("mode", ["read", "change", "create"])
def test_an_older_file_is_brought_up_to_date(tmp_path: Path, mode: Mode) -> None:
    path = make(tmp_path / "n.db", "one")
    with StoreFile(path, NEXT, mode) as file:
        assert file.rows("SELECT text, author FROM notes") == [("one", None)]


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        ("PRAGMA application_id = 7", "expected a file of notes, got another file"),
        ("PRAGMA user_version = 9", "expected schema 1 or less, got 9; update Glimpse"),
        ("CREATE VIEW v AS SELECT 1", "expected tables alone, got views or triggers"),
    ],
)
@pytest.mark.parametrize("mode", ["read", "change", "create"])
def test_what_is_not_such_a_file_is_refused_by_name(tmp_path: Path, damage: str, sentence: str, mode: Mode) -> None:
    path = make(tmp_path / "n.db")
    with closing(sqlite3.connect(path)) as database:
        database.execute(damage)
        database.commit()
    with pytest.raises(ValueError, match=re.escape(f"notes {path}: ") + ".*" + re.escape(sentence)):
        StoreFile(path, KIND, mode)


def test_noise_and_folders_are_refused(tmp_path: Path) -> None:
    (tmp_path / "noise.db").write_bytes(b"noise" * 1000)
    with pytest.raises(ValueError, match="not a file of notes, or damaged"):
        StoreFile(tmp_path / "noise.db", KIND, "change")
    with pytest.raises(ValueError, match="expected a file, got a folder"):
        StoreFile(tmp_path, KIND, "create")


def delete_and_fail(file: StoreFile) -> None:
    with file.writing():
        file.change("DELETE FROM notes")
        file.change("DELETE FROM others")


def test_an_error_rolls_the_transaction_back(tmp_path: Path) -> None:
    path = make(tmp_path / "n.db", "one")
    with StoreFile(path, KIND, "change") as file:
        with pytest.raises(ValueError, match="no such table"):
            delete_and_fail(file)
        file.change("INSERT INTO notes VALUES ('two')")
    assert notes(path) == ["one", "two"]


def test_threads_write_one_after_the_other(tmp_path: Path) -> None:
    path = make(tmp_path / "n.db")
    with StoreFile(path, KIND, "change") as file:

        def write() -> None:
            for number in range(20):
                with file.writing():
                    file.change("INSERT INTO notes VALUES (?)", (f"{threading.get_ident()} {number}",))

        threads = [threading.Thread(target=write) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(notes(path)) == 80


def test_a_change_by_another_connection_is_noticed(tmp_path: Path) -> None:
    path = make(tmp_path / "n.db")
    with StoreFile(path, KIND, "change") as file, StoreFile(path, KIND, "change") as other:
        before = file.data_version
        assert file.data_version == before
        other.change("INSERT INTO notes VALUES ('x')")
        assert file.data_version != before


def test_deleted_bytes_are_gone_and_pages_given_back(tmp_path: Path) -> None:
    path = make(tmp_path / "n.db", *(f"a secret of number {number} " * 40 for number in range(400)))
    with StoreFile(path, KIND, "change") as file:
        file.change("DELETE FROM notes")
        assert file.give_back(1)
        file.scrub()
    assert b"a secret" not in path.read_bytes()


def test_a_reader_in_a_transaction_holds_up_scrubbing(tmp_path: Path) -> None:
    path = make(tmp_path / "n.db", "one")
    with StoreFile(path, KIND, "change") as file, StoreFile(path, KIND, "read") as reader:
        reader.change("BEGIN")
        reader.rows("SELECT * FROM notes")
        file.change("INSERT INTO notes VALUES ('two')")
        with pytest.raises(OSError, match="a reader still holds old pages"):
            file.scrub()


def test_pages_are_fetched_bit_by_bit(tmp_path: Path) -> None:
    path = make(tmp_path / "n.db", *"abcde")
    with StoreFile(path, KIND, "read") as file:
        pages = list(file.pages("SELECT text FROM notes ORDER BY text", size=2))
    assert [[text for (text,) in page] for page in pages] == [["a", "b"], ["c", "d"], ["e"]]


def test_a_damaged_text_is_a_fault_of_the_file(tmp_path: Path) -> None:
    path = make(tmp_path / "n.db", "one")
    with closing(sqlite3.connect(path)) as database:
        database.execute("UPDATE notes SET text = CAST(x'6fff65' AS TEXT)")
        database.commit()
    with StoreFile(path, KIND, "change") as file:
        with pytest.raises(ValueError, match=r"^notes .*n\.db: .*UTF-8"):
            file.rows("SELECT text FROM notes")
        with pytest.raises(ValueError, match=r"^notes .*n\.db: .*UTF-8"):
            list(file.pages("SELECT text FROM notes", size=5))
