"""What a gallery needs of the database that holds it, and how one is opened: an SQLite file or PostgreSQL.

SQL elsewhere is written for both: `?` marks, no scalar `min` and `max`, and what differs is in the `Dialect`.
"""

import os
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from configs.at_rest import StoreCipher
from configs.postgres.address import is_postgres
from recognizer.gallery.change import ChangeKind
from recognizer.gallery.dialect import Dialect
from recognizer.gallery.schema import MAX_DIM

Row = tuple[Any, ...]
Place = Path | str
"""Path of a file, or postgresql://HOST/DATABASE."""


class NoRoomError(OSError):
    """A gallery cannot be written, because the disk is full or fails. What it held before is as it was."""


class Header(NamedTuple):
    """What a gallery says of all its faces. model_id: empty and dim: 0 while there are none.  revision: number of the
    last change."""

    model_id: str
    dim: int
    revision: int

    @classmethod
    def of(cls, rows: list[Row], name: object) -> "Header":
        """The header in the rows of HEADER. Raises ValueError where they are damaged."""
        if [tuple(map(type, row)) for row in rows] != [(str, int, int)] or not 0 <= rows[0][1] <= MAX_DIM:
            raise ValueError(f"gallery {name}: damaged: expected one row of model, dimension and revision")
        return cls(*rows[0])


HEADER = "SELECT model_id, dim, revision FROM gallery"
ANY_ERASURE = "SELECT 1 FROM changes WHERE kind IN ('erase', 'remove') LIMIT 1"
NEXT_NUMBER = "UPDATE gallery SET revision = revision + 1"
NUMBERED = "INSERT INTO changes SELECT revision, ?, ?, {now} FROM gallery"


class Database(Protocol):
    """One open gallery. One process at a time is in `writing`; readers do not wait."""

    @property
    def path(self) -> Place:
        """How errors and people call it; never with a password."""
        ...

    @property
    def cipher(self) -> StoreCipher:
        """Seals and opens vectors and pictures."""
        ...

    @property
    def sql(self) -> Dialect:
        """The SQL of this kind of database."""
        ...

    @property
    def schema_version(self) -> int:
        """Version of the schema. Another process may raise it at any time outside of a transaction."""
        ...

    def rows(self, query: str, values: Row = ()) -> list[Row]:
        """All rows of a query, fetched at once: an open read transaction would block an erasure."""
        ...

    def change(self, statement: str, values: Row = ()) -> int:
        """Run one statement; returns the number of rows changed."""
        ...

    def header(self) -> Header:
        """What the gallery says of all its faces. Raises ValueError where it is damaged."""
        ...

    def reading(self) -> AbstractContextManager[None]:
        """Read transaction: all queries inside see the same state."""
        ...

    def writing(self) -> AbstractContextManager[None]:
        """Write transaction, which waits for that of another process. Each change that was recorded gets a number at
        its end; any error rolls it back."""
        ...

    def record(self, kind: ChangeKind, person: int | None) -> None:
        """Note, inside `writing`, what is done to whom; without a note, anything may have changed."""
        ...

    def delete_damaged(self) -> None:
        """Delete faces that nobody can tell whose they are, and people left without a face, inside `writing`."""
        ...

    def may_hold_erased(self) -> bool:
        """Whether bytes of what was erased may still be there, because an erasure did not end."""
        ...

    def scrub(self) -> None:
        """Rewrite everything without the bytes of what was deleted, outside of a transaction.

        Raises TimeoutError where that is not possible now.
        """
        ...

    def close(self) -> None:
        """May be called twice."""
        ...


def place_of(given: "str | os.PathLike[str]") -> Place:
    """The place that somebody wrote: an address, or the path of a file, in which ~ is the user's folder."""
    text = os.fspath(given)
    return text if is_postgres(text) else Path(text).expanduser()


def may_exist(place: Place) -> bool:
    """Whether a gallery may be there: a database is asked only when it is opened."""
    return is_postgres(place) or Path(place).is_file()


def open_database(place: Place, *, create: bool = False, read_only: bool = False) -> Database:
    """Open the gallery in an SQLite file, or at postgresql://HOST/DATABASE.

    create: make it if it is missing.  read_only: never write to it. Raises FileNotFoundError where it is missing;
    ValueError for what is damaged, no gallery, or of another schema version; OSError where a server does not answer.
    """
    if is_postgres(place):
        from recognizer.gallery.postgres_database import PostgresDatabase

        return PostgresDatabase(place, create=create, read_only=read_only, updates=not read_only)
    from recognizer.gallery.sqlite_database import SqliteDatabase

    return SqliteDatabase(Path(place), create=create, read_only=read_only)
