"""Opens and changes the SQLite file of alerts.

Every SQLite error becomes a ValueError that names the file, or an OSError where the disk is full or the file in use.
"""

import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from configs.at_rest import StoreCipher
from pipeline.alerts.schema import APPLICATION_ID, TABLES, VERSION
from pipeline.secrets.private_files import make_private_folder, open_private

BUSY_SECONDS = 5.0
_NOT_NOW_ERRORS = ("SQLITE_FULL", "SQLITE_IOERR", "SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_READONLY")


class Database:
    """One open file of alerts in WAL mode: readers and writers of several processes do not block each other.

    create: make the file, for its owner only, where it is missing. Raises FileNotFoundError, OSError, and ValueError
    for a file that holds no alerts, is damaged, or is of a later version.
    """

    def __init__(self, path: Path, *, create: bool = False, read_only: bool = False) -> None:
        self.path, self.cipher = path, StoreCipher("alerts", path)
        if path.exists() and not path.is_file():
            raise ValueError(f"alerts {path}: expected a file, got {'a folder' if path.is_dir() else 'a device'}")
        if not create and not path.exists():
            raise FileNotFoundError(f"alerts {path}: no such file; glimpse alerts run makes one")
        if create:
            make_private_folder(path.absolute().parent)
            os.close(open_private(path, os.O_WRONLY))  # SQLite gives its side files the same permissions
        with self._named_errors():
            address = f"{path.absolute().as_uri()}?mode={'ro' if read_only else 'rw'}"
            self._db = sqlite3.connect(address, timeout=BUSY_SECONDS, isolation_level=None, uri=True)
        try:
            self._prepare(create=create)
        except BaseException:
            self._db.close()
            raise

    @property
    def version(self) -> int:
        """Changes when another connection has changed the file."""
        return int(self.rows("PRAGMA data_version")[0][0])

    def rows(self, query: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        """All rows of a query, fetched at once."""
        with self._named_errors():
            return self._db.execute(query, values).fetchall()

    def change(self, statement: str, values: tuple[Any, ...] = ()) -> int:
        """Run one statement; returns the number of rows changed."""
        with self._named_errors():
            return self._db.execute(statement, values).rowcount

    def change_many(self, statement: str, values: Iterable[tuple[Any, ...]]) -> None:
        """Run one statement for each row of values."""
        with self._named_errors():
            self._db.executemany(statement, values)

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
            self.change("PRAGMA journal_mode = WAL")
            self._make_tables()
        self._check()
        self.change("PRAGMA synchronous = NORMAL")

    def _make_tables(self) -> None:
        with self.writing():
            if not self._number("SELECT count(*) FROM sqlite_master"):  # another process may do the same
                for statement in TABLES:
                    self.change(statement)

    def _check(self) -> None:
        if self._number("PRAGMA application_id") != APPLICATION_ID:
            raise ValueError(f"alerts {self.path}: expected a file of alerts, got another file")
        if self._number("SELECT count(*) FROM sqlite_master WHERE type IN ('view', 'trigger')"):
            raise ValueError(f"alerts {self.path}: expected tables alone, got views or triggers; do not trust it")
        if (version := self._number("PRAGMA user_version")) != VERSION:
            raise ValueError(f"alerts {self.path}: expected schema {VERSION}, got {version}; update Glimpse")

    def _number(self, query: str) -> int:
        return int(self.rows(query)[0][0])

    @contextmanager
    def _named_errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as error:
            if error.sqlite_errorname.startswith(_NOT_NOW_ERRORS):
                raise OSError(
                    f"alerts {self.path}: the disk is full or fails, or the file is in use ({error})"
                ) from error
            raise ValueError(f"alerts {self.path}: {error}") from error
        except sqlite3.DatabaseError as error:
            raise ValueError(f"alerts {self.path}: no alerts or damaged ({error})") from error
