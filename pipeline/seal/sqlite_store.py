"""An SQLite file whose values are sealed anew, whatever kind of store it is."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pipeline.bus.outbox import replace_body
from pipeline.erase.sqlite_file import scrub
from pipeline.seal.columns import Column


class SqliteStore:
    """Like `pipeline.history.database.Database`, as far as sealing needs it."""

    def __init__(self, connection: sqlite3.Connection, kind: str) -> None:
        self._db, self._kind = connection, kind
        connection.execute("PRAGMA secure_delete = ON")

    def has(self, column: Column) -> bool:
        """Whether the file has a column; one of an older version may not."""
        return column.data in [name for _, name, *_ in self._db.execute(f"PRAGMA table_info({column.table})")]

    def rows(self, query: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        """All rows of a query."""
        return self._db.execute(query, values).fetchall()

    def replace(self, column: Column, key: int, old: bytes, new: bytes) -> None:
        """Put a value in the place of another one; a checksum over it follows."""
        if self._kind == "outbox":
            replace_body(self._db, key, new)
        else:
            change = f"UPDATE {column.table} SET {column.data} = ? WHERE {column.key} = ?"  # nosec B608
            self._db.execute(change, (new, key))

    @contextmanager
    def writing(self) -> Iterator[None]:
        """A write transaction; any error rolls it back."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise

    def scrub(self) -> None:
        """Rewrite the file without the old bytes. Raises IncompleteError where a reader still holds them."""
        scrub(self._db)
