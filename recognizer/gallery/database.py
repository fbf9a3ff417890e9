"""The SQLite side of a gallery file: opening and checking it, and transactions that leave nothing half done.

The surprising decision: every problem SQLite has with the file comes out as a ValueError with the file's name, because
"file is not a database" is of no help to somebody with five galleries.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SCHEMA_VERSION = 1
APPLICATION_ID = 0x476C6D70  # "Glmp": tells a gallery from any other SQLite file
BUSY_SECONDS = 5.0

SCHEMA = """
CREATE TABLE gallery (
    one INTEGER PRIMARY KEY CHECK (one = 1), model_id TEXT NOT NULL, dim INTEGER NOT NULL, revision INTEGER NOT NULL
);
CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, added_at REAL NOT NULL);
CREATE TABLE faces (
    id INTEGER PRIMARY KEY,
    person INTEGER NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    vector BLOB NOT NULL, model_id TEXT NOT NULL,
    source TEXT NOT NULL, sha256 TEXT NOT NULL UNIQUE, detector TEXT NOT NULL,
    face_px REAL NOT NULL, quality REAL NOT NULL, added_at REAL NOT NULL
);
CREATE INDEX faces_by_person ON faces (person);
INSERT INTO gallery VALUES (1, '', 0, 0);
"""


class Database:
    """One open gallery file, in WAL mode: readers in other processes never wait for the writer, nor it for them."""

    def __init__(self, path: Path, *, create: bool) -> None:
        """Open, or with `create` make; raises as `Gallery` does."""
        self.path = path
        if not create and not path.is_file():
            raise FileNotFoundError(f"gallery: no such file: {path}")
        if not path.exists() and path.parent.is_dir():
            path.touch(mode=0o600)  # faces are biometric data; SQLite gives its log the same rights
        with self._named_errors():
            self._db = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
        try:
            self._prepare()
        except BaseException:
            self._db.close()
            raise

    def close(self) -> None:
        """Close the file; a second time does nothing."""
        self._db.close()

    def rows(self, query: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        """All rows of one query, read at once so that no read transaction stays open to hold up an erasure."""
        with self._named_errors():
            return self._db.execute(query, values).fetchall()

    def change(self, statement: str, values: tuple[Any, ...] = ()) -> int:
        """Run one statement and say how many rows it touched."""
        with self._named_errors():
            return self._db.execute(statement, values).rowcount

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Queries inside see one state of the file."""
        self.change("BEGIN")
        try:
            yield
        finally:
            self.change("COMMIT")

    @contextmanager
    def writing(self) -> Iterator[None]:
        """One transaction that counts the revision up; undone on any error."""
        self.change("BEGIN IMMEDIATE")
        try:
            yield
            self.change("UPDATE gallery SET revision = revision + 1")
        except BaseException:
            if self._db.in_transaction:  # a full disk has SQLite roll back by itself
                self.change("ROLLBACK")
            raise
        self.change("COMMIT")

    def scrub(self) -> None:
        """Rewrite the file without its free pages and empty its log; raises TimeoutError when it is in use."""
        try:
            self._db.execute("VACUUM")
            busy = self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        except sqlite3.OperationalError as error:
            raise TimeoutError(f"gallery {self.path}: {error}") from error
        if busy:
            raise TimeoutError(f"gallery {self.path}: another process is reading old pages")

    def _prepare(self) -> None:
        self.change("PRAGMA foreign_keys = ON")
        self.change("PRAGMA secure_delete = ON")
        if not self._number("SELECT count(*) FROM sqlite_master"):
            self._create()
        if self._number("PRAGMA application_id") != APPLICATION_ID:
            raise ValueError(f"gallery {self.path}: expected a Glimpse gallery, got some other SQLite database")
        if (version := self._number("PRAGMA user_version")) != SCHEMA_VERSION:
            raise ValueError(f"gallery {self.path}: expected schema {SCHEMA_VERSION}, got {version}; update Glimpse")

    def _create(self) -> None:
        self.change("PRAGMA journal_mode = WAL")
        self.change("BEGIN IMMEDIATE")
        if not self._number("SELECT count(*) FROM sqlite_master"):  # another process may have been first
            for statement in SCHEMA.split(";"):
                self.change(statement)
            self.change(f"PRAGMA application_id = {APPLICATION_ID}")
            self.change(f"PRAGMA user_version = {SCHEMA_VERSION}")
        self.change("COMMIT")

    def _number(self, query: str) -> int:
        return int(self.rows(query)[0][0])

    @contextmanager
    def _named_errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as error:
            raise ValueError(f"gallery {self.path}: {error}") from error
        except sqlite3.DatabaseError as error:
            raise ValueError(f"gallery {self.path}: not a gallery or damaged ({error})") from error
