"""Keeps in a gallery what its users were told once, so that they are not told again.

The table is no part of the schema: it is made when something is told, and versions that do not know it ignore it.
"""

import time
from collections.abc import Callable
from contextlib import closing

from recognizer.gallery.database import Database, Place, open_database

_TABLE = "CREATE TABLE IF NOT EXISTS notices (name TEXT PRIMARY KEY, at DOUBLE PRECISION NOT NULL)"
_NOTE = "INSERT INTO notices (name, at) VALUES (?, ?) ON CONFLICT DO NOTHING"


def tell_once(place: Place, notice: str, *, clock: Callable[[], float] = time.time) -> bool:
    """Whether to tell it now: the gallery holds people, and its users were not told before. It is noted.

    True each time where the gallery cannot be written; False where it cannot be read, which others report.
    """
    try:
        database = open_database(place)
    except (OSError, ValueError):
        return False
    with closing(database):
        return _holds_people(database) and not _was_told(database, notice) and _note(database, notice, clock())


def _holds_people(database: Database) -> bool:
    try:
        return bool(database.rows("SELECT 1 FROM people LIMIT 1"))
    except (OSError, ValueError):
        return False


def _was_told(database: Database, notice: str) -> bool:
    try:
        return bool(database.rows("SELECT 1 FROM notices WHERE name = ?", (notice,)))
    except (OSError, ValueError):  # no such table yet
        return False


def _note(database: Database, notice: str, now: float) -> bool:
    """False where another process noted it meanwhile."""
    try:
        database.change(_TABLE)
        return database.change(_NOTE, (notice, now)) > 0
    except (OSError, ValueError):  # read-only, or no right to make a table
        return True
