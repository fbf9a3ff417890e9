"""Opens, checks and changes the SQLite file of a history.

Every SQLite error becomes a ValueError that names the file, or an OSError where the disk is full or the file in use.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from pipeline.history.schema import APPLICATION_ID, MIGRATIONS, VERSION
from pipeline.secrets.private_files import make_private_folder, open_private

BUSY_SECONDS = 5.0
NOT_NOW_ERRORS = ("SQLITE_FULL", "SQLITE_IOERR", "SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_READONLY")


class Database:
    """One open history in WAL mode: readers and the writer do not block each other, also across processes.

    create: make the file, for its owner only, and its folder where they are missing, and bring an older file up to
    date. Without it the file is opened for reading. Raises FileNotFoundError, OSError, and ValueError for a file that
    is no history, is damaged, or is of a later version.
    """

    def __init__(self, path: Path, *, create: bool = False) -> None:
        self.path = path
        if path.exists() and not path.is_file():
            raise ValueError(f"history {path}: expected a file, got {'a folder' if path.is_dir() else 'a device'}")
        if not create and not path.exists():
            raise FileNotFoundError(f"history {path}: no such file; glimpse history record makes one")
        if create:
            make_private_folder(path.absolute().parent)
            os.close(open_private(path, os.O_WRONLY))  # SQLite gives its side files the same permissions
        with self._named_errors():
            address = f"{path.absolute().as_uri()}?mode={'rw' if create else 'ro'}"
            self._db = sqlite3.connect(address, timeout=BUSY_SECONDS, isolation_level=None, uri=True)
        try:
            self._prepare(create=create)
        except BaseException:
            self._db.close()
            raise

    def rows(self, query: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        """All rows of a query, fetched at once."""
        with self._named_errors():
            return self._db.execute(query, values).fetchall()

    def pages(self, query: str, values: tuple[Any, ...] = (), *, size: int) -> Iterator[list[tuple[Any, ...]]]:
        """The rows of a query, `size` at a time, so that a large table does not fill the memory."""
        with self._named_errors():
            cursor = self._db.execute(query, values)
            while page := cursor.fetchmany(size):
                yield page

    def change(self, statement: str, values: tuple[Any, ...] = ()) -> int:
        """Run one statement; returns the number of rows changed."""
        with self._named_errors():
            return self._db.execute(statement, values).rowcount

    @contextmanager
    def writing(self) -> Iterator[None]:
        """A write transaction; any error rolls it back."""
        self.change("BEGIN IMMEDIATE")
        try:
            yield
            self.change("COMMIT")
        except BaseException:
            if self._db.in_transaction:  # on a full disk SQLite may have rolled back already
                self._db.execute("ROLLBACK")
            raise

    def give_back(self, pages: int) -> None:
        """Give so many free pages back to the disk, outside of a transaction."""
        with self._named_errors():  # `execute` would stop after the first page
            self._db.executescript(f"PRAGMA incremental_vacuum({pages})")

    def close(self) -> None:
        """Close the file; may be called twice."""
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _prepare(self, *, create: bool) -> None:
        self.change("PRAGMA secure_delete = ON")
        if create and not self._number("SELECT count(*) FROM sqlite_master"):
            self.change("PRAGMA auto_vacuum = INCREMENTAL")
            self.change("PRAGMA journal_mode = WAL")
            self.change("PRAGMA synchronous = NORMAL")
            self._migrate()
        self._check()
        if create:
            self.change("PRAGMA synchronous = NORMAL")
            self._migrate()

    def _check(self) -> None:
        if self._number("PRAGMA application_id") != APPLICATION_ID:
            raise ValueError(f"history {self.path}: expected a Glimpse history, got another file")
        if self._number("SELECT count(*) FROM sqlite_master WHERE type IN ('view', 'trigger')"):
            raise ValueError(f"history {self.path}: expected tables alone, got views or triggers; do not trust it")
        if (version := self._number("PRAGMA user_version")) > VERSION:
            raise ValueError(f"history {self.path}: expected schema {VERSION} or less, got {version}; update Glimpse")

    def _migrate(self) -> None:
        """Bring the schema up to VERSION; another process may do the same."""
        if self._number("PRAGMA user_version") == VERSION:
            return
        with self.writing():
            for version in range(self._number("PRAGMA user_version"), VERSION):
                for statement in MIGRATIONS[version]:
                    self.change(statement)
                self.change(f"PRAGMA user_version = {version + 1}")
            self.change(f"PRAGMA application_id = {APPLICATION_ID}")

    def _number(self, query: str) -> int:
        return int(self.rows(query)[0][0])

    @contextmanager
    def _named_errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as error:
            if error.sqlite_errorname.startswith(NOT_NOW_ERRORS):
                raise OSError(
                    f"history {self.path}: the disk is full or fails, or the file is in use ({error})"
                ) from error
            raise ValueError(f"history {self.path}: {error}") from error
        except sqlite3.DatabaseError as error:
            raise ValueError(f"history {self.path}: not a history or damaged ({error})") from error
