"""Opens, checks and changes the SQLite file of accounts, sessions and their audit log.

The page and `glimpse accounts` use it at the same time. One object may be used from several threads.
"""

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from pipeline.secrets.private_files import make_private_folder, open_private

APPLICATION_ID = 0x476C6163  # "Glac": marks the SQLite file as accounts
BUSY_SECONDS = 5.0
NOT_NOW_ERRORS = ("SQLITE_FULL", "SQLITE_IOERR", "SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_READONLY")
# The statements that lead from each version to the next. Never change one that was released: add another.
MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        # key: the name as it is compared.  password: an argon2 hash.  until: when the account ends, or NULL.
        """CREATE TABLE accounts (
            id INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL UNIQUE, name TEXT NOT NULL, role INTEGER NOT NULL,
            password TEXT NOT NULL, made_at REAL NOT NULL, until REAL
        )""",
        # key: SHA-256 of the id that the cookie holds.
        """CREATE TABLE sessions (
            id INTEGER PRIMARY KEY AUTOINCREMENT, key BLOB NOT NULL UNIQUE, account INTEGER NOT NULL,
            made_at REAL NOT NULL, seen_at REAL NOT NULL, address TEXT NOT NULL, agent TEXT NOT NULL
        )""",
        "CREATE INDEX sessions_by_account ON sessions (account, seen_at)",
        """CREATE TABLE audit (
            id INTEGER PRIMARY KEY AUTOINCREMENT, made_at REAL NOT NULL, by TEXT NOT NULL, action TEXT NOT NULL,
            target TEXT NOT NULL, details TEXT NOT NULL
        )""",
    ),
)
VERSION = len(MIGRATIONS)


class AccountsFile:
    """The open file. create: make it, for its owner only, where it is missing.

    Raises FileNotFoundError, OSError, and ValueError for a file that is something else, damaged or of a later version.
    """

    def __init__(self, path: Path, *, create: bool = False) -> None:
        self.path = path
        self._lock = threading.RLock()
        if path.exists() and not path.is_file():
            raise ValueError(f"accounts {path}: expected a file, got {'a folder' if path.is_dir() else 'a device'}")
        if not create and not path.exists():
            raise FileNotFoundError(f"accounts {path}: no such file; `glimpse accounts add` makes one")
        make_private_folder(path.absolute().parent)
        os.close(open_private(path, os.O_WRONLY))  # SQLite gives its side files the same permissions
        with self._named_errors():
            address = f"{path.absolute().as_uri()}?mode=rw"
            self._db = sqlite3.connect(
                address, timeout=BUSY_SECONDS, isolation_level=None, uri=True, check_same_thread=False
            )
        try:
            self._prepare(create=create)
        except BaseException:
            self._db.close()
            raise

    def rows(self, query: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        """All rows of a query."""
        with self._lock, self._named_errors():
            return self._db.execute(query, values).fetchall()

    def change(self, statement: str, values: tuple[Any, ...] = ()) -> int:
        """Run one statement; returns the number of rows changed."""
        with self._lock, self._named_errors():
            return self._db.execute(statement, values).rowcount

    @contextmanager
    def writing(self) -> Iterator[None]:
        """A write transaction of this thread; any error rolls it back."""
        with self._lock:
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
        with self._lock:
            self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _prepare(self, *, create: bool) -> None:
        self.change("PRAGMA secure_delete = ON")
        if create and not self._number("SELECT count(*) FROM sqlite_master"):
            self.change("PRAGMA journal_mode = WAL")
            self._migrate()
        self._check()
        self._migrate()

    def _check(self) -> None:
        if self._number("PRAGMA application_id") != APPLICATION_ID:
            raise ValueError(f"accounts {self.path}: expected accounts of Glimpse, got another file")
        if self._number("SELECT count(*) FROM sqlite_master WHERE type IN ('view', 'trigger')"):
            raise ValueError(f"accounts {self.path}: expected tables alone, got views or triggers; do not trust it")
        if (version := self._number("PRAGMA user_version")) > VERSION:
            raise ValueError(f"accounts {self.path}: expected schema {VERSION} or less, got {version}; update Glimpse")

    def _migrate(self) -> None:
        if self._number("PRAGMA user_version") == VERSION:
            return
        with self.writing():
            for version in range(self._number("PRAGMA user_version"), VERSION):  # another process may do the same
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
                    f"accounts {self.path}: the disk is full or fails, or the file is in use ({error})"
                ) from error
            raise ValueError(f"accounts {self.path}: {error}") from error
        except sqlite3.DatabaseError as error:
            raise ValueError(f"accounts {self.path}: not accounts or damaged ({error})") from error
