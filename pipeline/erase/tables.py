"""Searches every column of every table of a database for what must be gone."""

from collections.abc import Iterator
from typing import Any, Protocol

from pipeline.erase.proof import Proof

TABLES = "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema() ORDER BY table_name"
ROWS_AT_ONCE = 200


class Tables(Protocol):
    """An open database, as far as it is read."""

    def rows(self, query: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]: ...

    def pages(self, query: str, values: tuple[Any, ...] = (), *, size: int) -> Iterator[list[tuple[Any, ...]]]: ...


def find_in_tables(database: Tables, proof: Proof) -> list[str]:
    """What of the person is still there, the worst first."""
    tables = [str(table) for (table,) in database.rows(TABLES)]
    found = {what for table in tables for piece in _pieces(database, table) for what in proof.find_in(piece)}
    return sorted(found, reverse=True)


def _pieces(database: Tables, table: str) -> Iterator[bytes]:
    """Everything in a table, text and pictures apart: a short name in noise is no name."""
    for page in database.pages(f'SELECT * FROM "{table}"', size=ROWS_AT_ONCE):
        values = [value.encode() if isinstance(value, str) else value for row in page for value in row]
        data = [bytes(value) for value in values if isinstance(value, bytes | memoryview)]
        yield b"\n".join(value for value in data if b"\0" not in value)
        yield b"\n".join(value for value in data if b"\0" in value)
