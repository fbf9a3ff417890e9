"""A history, in SQLite or PostgreSQL, whose values are sealed anew."""

from contextlib import AbstractContextManager
from typing import Any

from pipeline.history.database import Database
from pipeline.seal.columns import COUNTED, Column


class HistoryStore:
    """What sealing needs of a history. Raises like `Database`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def has(self, column: Column) -> bool:
        """A history that was opened for writing is of the newest version."""
        return True

    def rows(self, query: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        """All rows of a query."""
        return self._database.rows(query, values)

    def replace(self, column: Column, key: int, old: bytes, new: bytes) -> None:
        """Put a value in the place of another one, and count its bytes."""
        change = f"UPDATE {column.table} SET {column.data} = ? WHERE {column.key} = ?"
        self._database.change(change, (new, key))
        if kind := COUNTED.get(column.table):
            more = len(new) - len(old)
            self._database.change("UPDATE usage SET bytes = bytes + ? WHERE kind = ?", (more, kind))

    def writing(self) -> AbstractContextManager[None]:
        """A write transaction."""
        return self._database.writing()

    def scrub(self) -> None:
        """Rewrite everything without the old bytes."""
        self._database.scrub()
