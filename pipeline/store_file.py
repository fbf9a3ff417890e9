"""Opens, checks and changes an SQLite file of Glimpse: a history, alerts, deliveries, accounts.

Every SQLite error becomes a ValueError that names the file, or an OSError where the disk is full or the file in use.
"""

import os
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self

from configs.at_rest import StoreCipher
from pipeline.secrets.private_files import make_private_folder, open_private
from pipeline.sqlite_errors import error_name

BUSY_SECONDS = 5.0
NOT_NOW_ERRORS = ("SQLITE_FULL", "SQLITE_IOERR", "SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_READONLY", "SQLITE_CANTOPEN")
Mode = Literal["read", "change", "create"]
Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class StoreKind:
    """What a file holds. noun: begins each error.  content: what it is, in words.  made_by: who makes one.

    application_id: marks the file.  migrations: the statements that lead from each version to the next, the first from
    an empty file.
    """

    noun: str
    content: str
    made_by: str
    application_id: int
    migrations: tuple[tuple[str, ...], ...]

    @property
    def version(self) -> int:
        """The version of a file that is up to date."""
        return len(self.migrations)


class StoreFile:
    """One open file in WAL mode: readers and writers of several processes do not block each other.

    mode: `read` opens a file that is there for reading, after it was brought up to date; `change` for writing; `create`
    also makes it, for its owner only, and its folder where they are missing. It may be used from several threads.
    Raises FileNotFoundError, OSError, and ValueError for a file of another kind, a damaged one or one of a later
    version.
    """

    def __init__(self, path: Path, kind: StoreKind, mode: Mode) -> None:
        self.path, self.name, self._kind = path, str(path), kind
        self.cipher = StoreCipher(kind.noun, path)  # for columns that hold faces
        self._lock = threading.RLock()
        if path.exists() and not path.is_file():
            raise ValueError(f"{self._label}: expected a file, got {'a folder' if path.is_dir() else 'a device'}")
        if mode != "create" and not path.exists():
            raise FileNotFoundError(f"{self._label}: no such file; {kind.made_by} makes one")
        if mode == "create":
            make_private_folder(path.absolute().parent)
        if mode != "read":
            os.close(open_private(path, os.O_WRONLY))  # SQLite gives its side files the same permissions
        self._db = self._connect("ro" if mode == "read" else "rw")
        try:
            self._prepare(mode)
        except BaseException:
            self._db.close()
            raise

    def rows(self, query: str, values: Row = ()) -> list[Row]:
        """All rows of a query, fetched at once."""
        with self._lock, self._named_errors():
            return self._db.execute(query, values).fetchall()

    def pages(self, query: str, values: Row = (), *, size: int) -> Iterator[list[Row]]:
        """The rows of a query, `size` at a time, so that a large table does not fill the memory."""
        with self._named_errors():
            cursor = self._db.execute(query, values)
            while page := cursor.fetchmany(size):
                yield page

    def change(self, statement: str, values: Row = ()) -> int:
        """Run one statement; returns the number of rows changed."""
        with self._lock, self._named_errors():
            return self._db.execute(statement, values).rowcount

    def change_many(self, statement: str, values: Iterable[Row]) -> None:
        """Run one statement for each row of values."""
        with self._lock, self._named_errors():
            self._db.executemany(statement, values)

    @contextmanager
    def taking(self, query: str, values: Row = ()) -> Iterator[list[Row]]:
        """All rows: a file has one process that takes them."""
        yield self.rows(query, values)

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

    @property
    def data_version(self) -> int:
        """Changes when another connection has changed the file."""
        return self._number("PRAGMA data_version")

    def give_back(self, pages: int) -> bool:
        """Give so many free pages back to the disk, outside of a transaction; whether more are free."""
        free = self._number("PRAGMA freelist_count")
        with self._lock, self._named_errors():  # `execute` would stop after the first page
            self._db.executescript(f"PRAGMA incremental_vacuum({pages})")
        return free > pages

    def scrub(self) -> None:
        """Rewrite the file without the bytes of what was deleted. Raises OSError while a reader holds old pages."""
        self.change("VACUUM")
        [(busy, _, _)] = self.rows("PRAGMA wal_checkpoint(TRUNCATE)")
        if busy:
            raise OSError(f"{self._label}: in use, a reader still holds old pages")

    def close(self) -> None:
        """Close the file; may be called twice."""
        with self._lock:
            self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def _label(self) -> str:
        return f"{self._kind.noun} {self.path}"

    def _connect(self, mode: str) -> sqlite3.Connection:
        address = f"{self.path.absolute().as_uri()}?mode={mode}"
        with self._named_errors():
            return sqlite3.connect(
                address, timeout=BUSY_SECONDS, isolation_level=None, uri=True, check_same_thread=False
            )

    def _prepare(self, mode: Mode) -> None:
        self.change("PRAGMA secure_delete = ON")
        if mode == "create" and not self._number("SELECT count(*) FROM sqlite_master"):
            self.change("PRAGMA auto_vacuum = INCREMENTAL")
            self.change("PRAGMA journal_mode = WAL")
            self._migrate()
        self._check()
        if mode != "read":
            self.change("PRAGMA synchronous = NORMAL")
            self._migrate()
        elif self._number("PRAGMA user_version") < self._kind.version:
            StoreFile(self.path, self._kind, "change").close()

    def _check(self) -> None:
        if self._number("PRAGMA application_id") != self._kind.application_id:
            raise ValueError(f"{self._label}: expected {self._kind.content}, got another file")
        if self._number("SELECT count(*) FROM sqlite_master WHERE type IN ('view', 'trigger')"):
            raise ValueError(f"{self._label}: expected tables alone, got views or triggers; do not trust it")
        if (version := self._number("PRAGMA user_version")) > self._kind.version:
            raise ValueError(
                f"{self._label}: expected schema {self._kind.version} or less, got {version}; update Glimpse:"
                " a newer one wrote this"
            )

    def _migrate(self) -> None:
        """Bring the schema up to date; another process may do the same."""
        if self._number("PRAGMA user_version") == self._kind.version:
            return
        with self.writing():
            for version in range(self._number("PRAGMA user_version"), self._kind.version):
                for statement in self._kind.migrations[version]:
                    self.change(statement)
                self.change(f"PRAGMA user_version = {version + 1}")
            self.change(f"PRAGMA application_id = {self._kind.application_id}")

    def _number(self, query: str) -> int:
        return int(self.rows(query)[0][0])

    @contextmanager
    def _named_errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as error:
            if error_name(error).startswith(NOT_NOW_ERRORS):
                raise OSError(f"{self._label}: the disk is full or fails, or the file is in use ({error})") from error
            raise ValueError(f"{self._label}: {error}") from error
        except sqlite3.DatabaseError as error:
            raise ValueError(f"{self._label}: not {self._kind.content}, or damaged ({error})") from error
