"""A history, a collection, or a gallery in PostgreSQL, whose values are sealed anew."""

from contextlib import AbstractContextManager
from typing import Any, Protocol

from pipeline.seal.columns import COUNTED, Column


class Database(Protocol):
    """An open history, collection or gallery, as far as sealing needs it."""

    def rows(self, query: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]: ...

    def change(self, statement: str, values: tuple[Any, ...] = ()) -> int: ...

    def writing(self) -> AbstractContextManager[None]: ...

    def scrub(self) -> None: ...


class DatabaseStore:
    """What sealing needs of one. Raises like its database."""

    def __init__(self, database: Database, kind: str) -> None:
        """kind: of store, as in `pipeline.seal.columns`."""
        self._database, self._counted = database, COUNTED.get(kind, {})

    def has(self, column: Column) -> bool:
        """One that was opened for writing is of the newest version."""
        return True

    def rows(self, query: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        """All rows of a query."""
        return self._database.rows(query, values)

    def replace(self, column: Column, key: int, old: bytes, new: bytes) -> None:
        """Put a value in the place of another one, and count its bytes."""
        change = f"UPDATE {column.table} SET {column.data} = ? WHERE {column.key} = ?"
        self._database.change(change, (new, key))
        if count := self._counted.get(column.table):
            self._database.change(count, (len(new) - len(old),))

    def writing(self) -> AbstractContextManager[None]:
        """A write transaction."""
        return self._database.writing()

    def scrub(self) -> None:
        """Rewrite everything without the old bytes."""
        self._database.scrub()
