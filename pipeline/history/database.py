"""What a history needs of the database that holds it, and how one is opened: an SQLite file or PostgreSQL.

SQL elsewhere is written for both: `?` marks, booleans as integers, `ON CONFLICT`, `RETURNING`, no scalar `min`, `max`.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol, Self

from configs.at_rest import StoreCipher
from configs.postgres.address import is_postgres

Row = tuple[Any, ...]


class Database(Protocol):
    """One open history. One process at a time is in `writing`; readers do not wait.

    Each failure is a ValueError, or an OSError where trying again later may help (disk full, in use, connection lost).
    Both name the history, without its password.
    """

    @property
    def name(self) -> str:
        """How errors and people call it; never with a password."""
        ...

    @property
    def cipher(self) -> StoreCipher:
        """Seals and opens crops and templates."""
        ...

    @property
    def is_shared(self) -> bool:
        """Whether several nodes may keep their past here."""
        ...

    def rows(self, query: str, values: Row = ()) -> list[Row]:
        """All rows of a query, fetched at once."""
        ...

    def pages(self, query: str, values: Row = (), *, size: int) -> Iterator[list[Row]]:
        """The rows of a query, `size` at a time, so that a large table does not fill the memory."""
        ...

    def change(self, statement: str, values: Row = ()) -> int:
        """Run one statement; returns the number of rows changed."""
        ...

    def writing(self) -> AbstractContextManager[None]:
        """A write transaction, which waits for that of another process; any error rolls it back."""
        ...

    def taking(self, query: str, values: Row = ()) -> AbstractContextManager[list[Row]]:
        """The rows of a query, for one process alone where several share the database: the others see them again if
        this one does not delete them within the block. Other changes of the database go on meanwhile."""
        ...

    def give_back(self, pages: int) -> bool:
        """Give so many free pages back to the disk, outside of a transaction; whether more are free."""
        ...

    def scrub(self) -> None:
        """Rewrite everything without the bytes of what was deleted or overwritten, outside of a transaction."""
        ...

    def close(self) -> None:
        """May be called twice."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...


def open_database(place: Path | str, *, create: bool = False) -> Database:
    """Open the history in an SQLite file, or at postgresql://HOST/DATABASE.

    create: open it for writing, make what is missing, and bring an older one up to date. Without it, only reading is
    possible. Raises FileNotFoundError, OSError, and ValueError for what is no history or is of a later version.
    """
    if is_postgres(place):
        from pipeline.history.postgres_database import PostgresDatabase

        return PostgresDatabase(str(place), create=create)
    from pipeline.history.sqlite_database import SqliteDatabase

    return SqliteDatabase(Path(place), create=create)
