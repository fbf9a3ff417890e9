"""Copies a store between PostgreSQL and an SQLite file, which have the same tables.

So a backup needs no program of PostgreSQL, is erased from like any file, and opens without a server. What only running
nodes need (who has a copy of a gallery) stays in the database. Sealed values are copied as they are.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Any, Protocol

from configs.postgres.address import show
from pipeline.backup.sqlite_copy import named_errors, open_readonly
from pipeline.collect.database import CollectionFile
from pipeline.collect.schema import KIND as COLLECTION
from pipeline.history.postgres_database import PostgresDatabase as RoomDatabase
from pipeline.history.sqlite_database import KIND as HISTORY
from pipeline.history.sqlite_database import SqliteDatabase as HistoryFile
from recognizer.gallery.postgres_database import PostgresDatabase as GalleryDatabase
from recognizer.gallery.sqlite_database import SqliteDatabase as GalleryFile

NOUNS = {"gallery": "gallery", "history.file": "history", "collect.file": "collection"}
"""What a place in PostgreSQL holds, by its setting."""
ROWS_AT_ONCE = 500
Row = tuple[Any, ...]
_OTHERS = (
    "SELECT count(*) FROM pg_catalog.pg_stat_activity WHERE datname = current_database()"
    " AND application_name = 'glimpse' AND pid <> pg_backend_pid()"
)
_SEQUENCE = "SELECT pg_get_serial_sequence(?, 'id')"


class Server(Protocol):
    """An open store in PostgreSQL."""

    def rows(self, query: str, values: Row = ()) -> list[Row]: ...

    def change(self, statement: str, values: Row = ()) -> int: ...

    def pages(self, query: str, values: Row = (), *, size: int) -> Iterator[list[Row]]: ...

    def writing(self) -> AbstractContextManager[None]: ...

    def close(self) -> None: ...


def copy_from_postgres(address: str, noun: str, target: Path) -> None:
    """Copy a gallery, history or collection at one moment into a new SQLite file of today's schema.

    Raises ValueError and OSError, without a password, for one that is missing, of another version or not reached.
    """
    label = f"{noun} {show(address)}"
    with closing(_open(address, noun, create=False)) as server:
        _make_empty(target, noun)
        with (
            named_errors(label),
            closing(sqlite3.connect(target, isolation_level=None)) as copy,
            _at_one_moment(server),
        ):
            copy.execute("PRAGMA foreign_keys = OFF")
            copy.execute("PRAGMA journal_mode = DELETE")
            copy.execute("BEGIN")
            for table in _tables(copy):
                _copy_out(server, copy, table)
            copy.execute("COMMIT")


def copy_to_postgres(source: Path, noun: str, address: str, *, replace: bool) -> None:
    """Put a copy into a database, all of it or nothing. replace: what is there goes.

    Raises FileExistsError where something is there, OSError where others are connected, and like `copy_from_postgres`.
    """
    label = f"{noun} {show(address)}"
    with (
        closing(_open(address, noun, create=True)) as server,
        named_errors(label),
        closing(open_readonly(source)) as copy,
    ):
        tables = [name for name in _tables(copy) if server.rows("SELECT to_regclass(?)", (name,))[0][0]]
        with server.writing():
            _refuse_others(server, label)
            if not replace and (held := [name for name in tables if _is_filled(server, copy, name)]):
                raise FileExistsError(
                    f"{label}: expected an empty database, found rows in {', '.join(held)}; give --replace"
                )
            newest = _revision(server) if noun == "gallery" else 0
            for table in reversed(tables):
                server.change(_delete(table))
            for table in tables:
                _copy_in(copy, server, table)
            if noun == "gallery":  # nodes that have a copy see a change that they do not know, and read everything
                server.change("UPDATE gallery SET revision = ? WHERE revision < ?", (newest, newest))


def version_at(address: str, noun: str) -> int:
    """The version of the schema of a store that this Glimpse reads. Raises like `copy_from_postgres`."""
    with closing(_open(address, noun, create=False)) as server:
        table = "schema_version" if noun == "gallery" else f"glimpse_{noun}"
        return int(server.rows(f"SELECT version FROM {table}")[0][0])


def _open(address: str, noun: str, *, create: bool) -> Server:
    if noun == "gallery":
        return GalleryDatabase(address, create=create, read_only=not create)
    return RoomDatabase(address, create=create, kind=HISTORY if noun == "history" else COLLECTION)


def _make_empty(target: Path, noun: str) -> None:
    target.touch(mode=0o600)
    if noun == "gallery":
        GalleryFile(target, create=True).close()
    elif noun == "history":
        HistoryFile(target, create=True).close()
    else:
        CollectionFile(target, create=True).close()


@contextmanager
def _at_one_moment(server: Server) -> Iterator[None]:
    server.change("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    try:
        yield
    finally:
        server.change("ROLLBACK")


def _tables(copy: sqlite3.Connection) -> list[str]:
    """In the order in which they were made: what others refer to comes first."""
    query = (
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY rowid"
    )
    return [str(name) for (name,) in copy.execute(query)]


def _columns(copy: sqlite3.Connection, table: str) -> list[str]:
    return [str(name) for _, name, *_ in copy.execute(f'PRAGMA table_info("{table}")')]


def _copy_out(server: Server, copy: sqlite3.Connection, table: str) -> None:
    columns = _columns(copy, table)
    copy.execute(_delete(table))  # the rows that a new file begins with
    insert = _insert(table, columns)
    for page in server.pages(_select(table, columns), size=ROWS_AT_ONCE):
        copy.executemany(insert, page)
    if last := _last_number(server, table, columns):
        _keep_last_number(copy, table, last)


def _copy_in(copy: sqlite3.Connection, server: Server, table: str) -> None:
    columns, insert = _columns(copy, table), _insert(table, _columns(copy, table))
    cursor = copy.execute(_select(table, columns))
    while page := cursor.fetchmany(ROWS_AT_ONCE):
        for row in page:
            server.change(insert, row)
    if "id" in columns and (name := _sequence(server, table)):
        query = f'SELECT coalesce(max(id), 0) FROM "{table}"'
        last = max(int(server.rows(query)[0][0]), _kept_last_number(copy, table))
        server.rows("SELECT setval(?, CAST(? AS BIGINT), CAST(? AS BIGINT) = 1)", (name, max(last, 1), int(last > 0)))


def _delete(table: str) -> str:
    return f'DELETE FROM "{table}"'


def _select(table: str, columns: Sequence[str]) -> str:
    return f'SELECT {", ".join(_quoted(columns))} FROM "{table}"'


def _insert(table: str, columns: Sequence[str]) -> str:
    return f'INSERT INTO "{table}" ({", ".join(_quoted(columns))}) VALUES ({", ".join("?" * len(columns))})'


def _quoted(columns: Sequence[str]) -> list[str]:
    return [f'"{name}"' for name in columns]


def _sequence(server: Server, table: str) -> str:
    return str(server.rows(_SEQUENCE, (table,))[0][0] or "")


def _last_number(server: Server, table: str, columns: Sequence[str]) -> int:
    """The last number that was given out for a row, also of one that was deleted: none is given twice."""
    if "id" not in columns or not (name := _sequence(server, table)):
        return 0
    [(last, is_called)] = server.rows(f"SELECT last_value, is_called FROM {name}")
    return int(last) if is_called else 0


def _keep_last_number(copy: sqlite3.Connection, table: str, last: int) -> None:
    if copy.execute("SELECT 1 FROM sqlite_master WHERE name = 'sqlite_sequence'").fetchone() is None:
        return
    if copy.execute("UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = ?", (last, table)).rowcount == 0:
        is_numbered = "SELECT 1 FROM sqlite_master WHERE name = ? AND sql LIKE '%AUTOINCREMENT%'"
        if copy.execute(is_numbered, (table,)).fetchone():
            copy.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (table, last))


def _kept_last_number(copy: sqlite3.Connection, table: str) -> int:
    if copy.execute("SELECT 1 FROM sqlite_master WHERE name = 'sqlite_sequence'").fetchone() is None:
        return 0
    found = copy.execute("SELECT seq FROM sqlite_sequence WHERE name = ?", (table,)).fetchone()
    return int(found[0]) if found else 0


def _is_filled(server: Server, copy: sqlite3.Connection, table: str) -> bool:
    """Whether a table holds what somebody has put there: rows with numbers, or of a time."""
    if "id" not in _columns(copy, table):
        return False
    return bool(server.rows(f'SELECT 1 FROM "{table}" LIMIT 1'))


def _revision(server: Server) -> int:
    [(revision,)] = server.rows("SELECT revision FROM gallery")
    return int(revision)


def _refuse_others(server: Server, label: str) -> None:
    [(others,)] = server.rows(_OTHERS)
    if others:
        raise OSError(f"{label}: in use: {others} other connections of Glimpse; stop nodes, recorders and pages first")
