"""Opens and checks the SQLite file of a delivering process. Each thread opens its own connection.

Every SQLite error becomes a ValueError that names the file, or an OSError where the disk is full or the file in use.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from configs.at_rest import StoreCipher
from pipeline.alerts.deliver.schema import APPLICATION_ID, TABLES, VERSION
from pipeline.secrets.private_files import make_private_folder, open_private

BUSY_SECONDS = 5.0
NOT_NOW_ERRORS = ("SQLITE_FULL", "SQLITE_IOERR", "SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_READONLY", "SQLITE_CANTOPEN")


class DeliveryFile:
    """One connection in WAL mode, so that a reader and the writers of one process do not wait long for each other.

    create: make the file, for its owner only, where it is missing. Without it the file is opened for reading. Raises
    FileNotFoundError, OSError, and ValueError for a file that is none of deliveries, is damaged, or is too new.
    """

    def __init__(self, path: Path, *, create: bool = False) -> None:
        self.path, self.cipher = path, StoreCipher("deliveries", path)
        if path.exists() and not path.is_file():
            raise ValueError(f"deliveries {path}: expected a file, got {'a folder' if path.is_dir() else 'a device'}")
        if not create and not path.exists():
            raise FileNotFoundError(f"deliveries {path}: no such file; the process that delivers makes one")
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

    def close(self) -> None:
        """Close the connection; may be called twice."""
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _prepare(self, *, create: bool) -> None:
        self.change("PRAGMA secure_delete = ON")
        if create:
            self.change("PRAGMA journal_mode = WAL")
            self.change("PRAGMA synchronous = NORMAL")
            self._make_tables()
        if self._number("PRAGMA application_id") != APPLICATION_ID:
            raise ValueError(f"deliveries {self.path}: expected a file of Glimpse's deliveries, got another file")
        if (version := self._number("PRAGMA user_version")) > VERSION:
            raise ValueError(
                f"deliveries {self.path}: expected schema {VERSION} or less, got {version}; update Glimpse"
            )

    def _make_tables(self) -> None:
        """Make the tables of a new file; another thread may do the same."""
        with self.writing():
            if self._number("SELECT count(*) FROM sqlite_master"):
                return
            for statement in TABLES:
                self.change(statement)
            self.change(f"PRAGMA user_version = {VERSION}")
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
                    f"deliveries {self.path}: the disk is full or fails, or the file is in use ({error})"
                ) from error
            raise ValueError(f"deliveries {self.path}: {error}") from error
        except sqlite3.DatabaseError as error:
            raise ValueError(f"deliveries {self.path}: no file of deliveries, or damaged ({error})") from error
