"""Copies an SQLite file that others are writing, by SQLite's backup API (https://www.sqlite.org/backup.html).

All pages are copied in one read transaction, so the copy is the file at one moment, and writers go on meanwhile.
"""

import errno
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

from configs.at_rest import MAGIC
from pipeline.backup.kinds import FileKind
from pipeline.secrets.private_files import make_private_file
from pipeline.sqlite_errors import error_name

BUSY_SECONDS = 5.0
_FULL = "SQLITE_FULL"
_FIRST_READ = "SELECT 1 FROM sqlite_master"
_NOT_NOW = ("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_FULL", "SQLITE_IOERR", "SQLITE_CANTOPEN")
_SEALED = (
    "SELECT 1 FROM (SELECT CAST({column} AS BLOB) AS data FROM {table} ORDER BY rowid DESC LIMIT 1000)"
    " WHERE substr(data, 1, ?) = ? LIMIT 1"
)


def copy_sqlite(source: Path, target: Path, kind: FileKind) -> int:
    """Copy a store into a new file of the owner's alone; returns the version of its schema.

    Raises ValueError for one that is damaged or of a newer Glimpse, OSError where that is not possible now.
    """
    label = f"{kind.noun} {source}"
    make_private_file(target)
    with named_errors(label), closing(open_readonly(source)) as opened, closing(sqlite3.connect(target)) as copy:
        with _named_full(target):
            opened.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE")  # one file, without a log beside it
    return look_at(target, kind, label)


def look_at(path: Path, kind: FileKind, label: str) -> int:
    """The version of a store's schema, after a look at each page of the file.

    Raises ValueError for one that is damaged or of a newer Glimpse, OSError where that is not possible now.
    """
    with named_errors(label), closing(open_readonly(path)) as opened:
        version = int(opened.execute("PRAGMA user_version").fetchone()[0])
        if version > kind.version:
            raise ValueError(
                f"{label}: schema {version} is of a newer Glimpse, this one knows {kind.version}; update Glimpse"
            )
        found = [str(line) for (line,) in opened.execute("PRAGMA quick_check(3)")]
    if found != ["ok"]:
        raise ValueError(f"{label}: damaged ({' '.join(' '.join(found).split())}); restore a backup")
    return version


def holds_sealed(path: Path) -> bool:
    """Whether anything in the newest rows of a store is encrypted. Raises sqlite3.Error."""
    with closing(open_readonly(path)) as opened:
        tables = [str(name) for (name,) in opened.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return any(_has_sealed(opened, table) for table in tables if not table.startswith("sqlite_"))


def open_readonly(path: Path) -> sqlite3.Connection:
    """Open a file that is there for reading; nothing is written beside what SQLite needs to read a log.

    What a crash left half written is rolled back first, as the next one that writes would do
    (https://www.sqlite.org/atomiccommit.html, hot journals). Raises sqlite3.Error.
    """
    opened = _open(path, "ro")
    try:
        opened.execute(_FIRST_READ).fetchone()
    except sqlite3.Error as error:
        opened.close()
        if not error_name(error).startswith("SQLITE_READONLY"):
            raise
        with closing(_open(path, "rw")) as writing:
            writing.execute(_FIRST_READ).fetchone()
        return _open(path, "ro")
    return opened


def _open(path: Path, mode: str) -> sqlite3.Connection:
    address = f"file:{quote(str(path.absolute()))}?mode={mode}"
    return sqlite3.connect(address, uri=True, timeout=BUSY_SECONDS, isolation_level=None)


@contextmanager
def named_errors(label: str) -> Iterator[None]:
    """SQLite's errors as OSError where trying again may help, otherwise as ValueError; both name the store."""
    try:
        yield
    except sqlite3.OperationalError as error:
        if error_name(error).startswith(_NOT_NOW):
            raise OSError(f"{label}: in use, or the disk is full or fails ({error})") from error
        raise ValueError(f"{label}: {error}") from error
    except sqlite3.DatabaseError as error:
        raise ValueError(f"{label}: damaged ({error}); restore a backup") from error


@contextmanager
def _named_full(target: Path) -> Iterator[None]:
    """A full disk as OSError that names the copy: nothing is written beside what is copied."""
    try:
        yield
    except sqlite3.OperationalError as error:
        if not error_name(error).startswith(_FULL):
            raise
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(target)) from error


def _has_sealed(opened: sqlite3.Connection, table: str) -> bool:
    found = opened.execute("SELECT name FROM pragma_table_info(?) WHERE upper(type) = 'BLOB'", (table,)).fetchall()
    queries = (_SEALED.format(table=_quote(table), column=_quote(column)) for (column,) in found)
    return any(opened.execute(query, (len(MAGIC), MAGIC)).fetchone() for query in queries)


def _quote(name: str) -> str:
    """A name of SQL: a quote in it is doubled."""
    return '"' + name.replace('"', '""') + '"'
