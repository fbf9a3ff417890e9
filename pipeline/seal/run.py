"""Seals one store. A kill at any moment leaves values of which each is as before or sealed; a second call goes on.

A gallery is sealed in one transaction, so that who watches it never reads faces of two keys.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from configs.at_rest import AtRest
from configs.postgres.address import is_postgres
from pipeline.collect.database import open_collection
from pipeline.erase.events import is_alert, is_sample
from pipeline.erase.sqlite_file import open_writable
from pipeline.erase.store import IncompleteError
from pipeline.history.database import open_database
from pipeline.seal.columns import COLUMNS, EVENTS, Column
from pipeline.seal.database_store import DatabaseStore
from pipeline.seal.kinds import kind_of_file, kinds_in_database
from pipeline.seal.sqlite_store import SqliteStore
from recognizer.gallery.database import open_database as open_gallery

ROWS_AT_ONCE = 500
BEFORE_ALL = -(1 << 62)


class Sealable(Protocol):
    """An open store; see `SqliteStore`."""

    def has(self, column: Column) -> bool: ...

    def rows(self, query: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]: ...

    def replace(self, column: Column, key: int, old: bytes, new: bytes) -> None: ...

    def writing(self) -> AbstractContextManager[None]: ...

    def scrub(self) -> None: ...


@dataclass
class Sealed:
    """What was done. kind: of store.  values: that were sealed.  damaged: that nobody can open, and were left."""

    kind: str
    values: int = 0
    damaged: int = 0


def kinds_at(place: str) -> list[str]:
    """The kinds of stores in a file, or at postgresql://HOST/DATABASE. Raises ValueError for what is no store."""
    return kinds_in_database(place) if is_postgres(place) else [kind_of_file(Path(place))]


def seal_store(place: str, *, new: AtRest, old: AtRest, kind: str = "") -> Sealed:
    """Seal everything in a file, or in a store at postgresql://HOST/DATABASE, that `new` has not sealed.

    kind: one of `kinds_at`; the first by default.

    old: opens what was sealed before. Raises KeyNeededError for what it does not open; ValueError for what is no store;
    OSError, and IncompleteError where the old bytes could not be overwritten now.
    """
    kind = kind or kinds_at(place)[0]
    done, is_whole = Sealed(kind), kind == "gallery"
    with _opened(place, kind) as store:
        with store.writing() if is_whole else nullcontext():
            for column in filter(store.has, COLUMNS[kind]):
                for rows in _pages(store, column):
                    with nullcontext() if is_whole else store.writing():
                        _seal_rows(store, column, rows, done, new=new, old=old)
        _scrub(store)  # always: an earlier call may have been interrupted before this
    return done


def _scrub(store: Sealable) -> None:
    try:
        store.scrub()
    except TimeoutError as error:
        raise IncompleteError(str(error)) from None


@contextmanager
def _opened(place: str, kind: str) -> Iterator[Sealable]:
    if kind == "history":
        with open_database(place if is_postgres(place) else Path(place), create=True) as database:
            yield DatabaseStore(database, kind)
        return
    if kind == "collection":
        with open_collection(place, create=True) as database:
            yield DatabaseStore(database, kind)
        return
    if is_postgres(place):
        with closing(open_gallery(place)) as gallery:
            yield DatabaseStore(gallery, kind)
        return
    with open_writable(Path(place)) as connection:
        yield SqliteStore(connection, kind)


def _pages(store: Sealable, column: Column) -> Iterator[list[int]]:
    """The keys of all rows, some at a time, also of rows that are added meanwhile."""
    last = BEFORE_ALL
    query = (
        f"SELECT {column.key} FROM {column.table} WHERE {column.key} > ?"
        f" AND length({column.data}) > 0 ORDER BY {column.key} LIMIT {ROWS_AT_ONCE}"
    )
    while rows := [int(key) for (key,) in store.rows(query, (last,))]:
        yield rows
        last = rows[-1]


def _seal_rows(store: Sealable, column: Column, keys: list[int], done: Sealed, *, new: AtRest, old: AtRest) -> None:
    """Seal some rows, in the current transaction: each is read in it, as its owner may have changed it."""
    query = f"SELECT {column.data} FROM {column.table} WHERE {column.key} = ?"
    for key in keys:
        for (stored,) in store.rows(query, (key,)):
            if not isinstance(stored, bytes) or new.has_sealed(stored):  # what is no blob is damaged
                continue
            sealed = _seal(stored, done, new=new, old=old)
            if sealed != stored:
                store.replace(column, key, stored, sealed)
                done.values += 1


def _seal(stored: bytes, done: Sealed, *, new: AtRest, old: AtRest) -> bytes:
    """A value as it is to be stored; as it is where it holds no face, or nobody can open it."""
    data = old.open_sound(stored, done.kind)
    if data is None:
        done.damaged += 1
        return stored
    if done.kind in EVENTS and not (is_sample(data) or is_alert(data)):
        return stored
    return new.seal(data, done.kind)
