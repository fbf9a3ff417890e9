"""What a client has received, with its position, in one SQLite file: one transaction for both, so that a kill between
them cannot bring an event twice."""

import sqlite3
from collections.abc import Sequence
from pathlib import Path

import msgspec

from pipeline.client import Gap, Item, Position
from pipeline.events import decode, encode

_SCHEMA = """
CREATE TABLE IF NOT EXISTS items (id INTEGER PRIMARY KEY, is_gap INTEGER NOT NULL, body BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS position (only_row INTEGER PRIMARY KEY CHECK (only_row = 1), body BLOB NOT NULL);
"""


class ReceivedFile:
    """Opens or creates the file. One process writes it, others may read it at the same time."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, timeout=30)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.executescript(_SCHEMA)

    def add(self, items: Sequence[Item], position: Position) -> None:
        """Store items and the position after the last of them, both or none."""
        rows = [(isinstance(item, Gap), _encode(item)) for item in items]
        with self._connection:
            self._connection.executemany("INSERT INTO items (is_gap, body) VALUES (?, ?)", rows)
            self._connection.execute("INSERT OR REPLACE INTO position VALUES (1, ?)", (msgspec.json.encode(position),))

    @property
    def position(self) -> Position | None:
        """Where to go on; None before the first item."""
        row = self._connection.execute("SELECT body FROM position").fetchone()
        return None if row is None else msgspec.json.decode(row[0], type=Position)

    def read(self) -> list[Item]:
        """Everything received, in order."""
        rows = self._connection.execute("SELECT is_gap, body FROM items ORDER BY id").fetchall()
        return [msgspec.json.decode(body, type=Gap) if is_gap else decode(body) for is_gap, body in rows]

    def close(self) -> None:
        self._connection.close()


def _encode(item: Item) -> bytes:
    return msgspec.json.encode(item) if isinstance(item, Gap) else encode(item)
