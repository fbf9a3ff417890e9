"""A history in an SQLite file, of one node: opens, checks and changes it.

Every SQLite error becomes a ValueError that names the file, or an OSError where the disk is full or the file in use.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from configs.at_rest import StoreCipher
from pipeline.history.database import Row
from pipeline.history.schema import APPLICATION_ID, MIGRATIONS, VERSION
from pipeline.secrets.private_files import make_private_folder, open_private

BUSY_SECONDS = 5.0
NOT_NOW_ERRORS = ("SQLITE_FULL", "SQLITE_IOERR", "SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_READONLY")


class SqliteDatabase:
    """One open history in WAL mode: readers and the writer do not block each other, also across processes.

    create: make the file, for its owner only, and its folder where they are missing. Without it the file is opened for
    reading; one of an older version is brought up to date first. Raises FileNotFoundError, OSError, and ValueError for
    a file that is no history, is damaged, or is of a later version.
    """

    is_shared = False

    def __init__(self, path: Path, *, create: bool = False) -> None:
        self.path, self.name = path, str(path)
        self.cipher = StoreCipher("history", path)
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

    def rows(self, query: str, values: Row = ()) -> list[Row]:
        with self._named_errors():
            return self._db.execute(query, values).fetchall()

    def pages(self, query: str, values: Row = (), *, size: int) -> Iterator[list[Row]]:
        with self._named_errors():
            cursor = self._db.execute(query, values)
            while page := cursor.fetchmany(size):
                yield page

    def change(self, statement: str, values: Row = ()) -> int:
        with self._named_errors():
            return self._db.execute(statement, values).rowcount

    @contextmanager
    def writing(self) -> Iterator[None]:
        self.change("BEGIN IMMEDIATE")
        try:
            yield
            self.change("COMMIT")
        except BaseException:
            if self._db.in_transaction:  # on a full disk SQLite may have rolled back already
                self._db.execute("ROLLBACK")
            raise

    def give_back(self, pages: int) -> bool:
        free = self._number("PRAGMA freelist_count")
        with self._named_errors():  # `execute` would stop after the first page
            self._db.executescript(f"PRAGMA incremental_vacuum({pages})")
        return free > pages

    def scrub(self) -> None:
        self.change("VACUUM")
        [(busy, _, _)] = self.rows("PRAGMA wal_checkpoint(TRUNCATE)")
        if busy:
            raise OSError(f"history {self.path}: in use, a reader still holds old pages")

    def close(self) -> None:
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
        if not create and self._number("PRAGMA user_version") < VERSION:
            SqliteDatabase(self.path, create=True).close()
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
