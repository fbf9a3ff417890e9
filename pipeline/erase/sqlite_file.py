"""Recognises SQLite files by their application ID."""

import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

HEADER = b"SQLite format 3\0"
APPLICATION_ID_AT = 68  # https://www.sqlite.org/fileformat.html#application_id


def is_sqlite(path: Path) -> bool:
    """Whether a file begins as SQLite files do."""
    with path.open("rb") as file:
        return file.read(len(HEADER)) == HEADER


def application_id(path: Path) -> int | None:
    """The application ID of an SQLite file; None for any other file. Raises OSError."""
    if not is_sqlite(path):
        return None
    if path.with_name(f"{path.name}-wal").exists():  # after a kill, the ID may stand only there
        try:
            uri = f"file:{quote(str(path.absolute()))}?mode=ro"
            with closing(sqlite3.connect(uri, uri=True, timeout=0)) as database:
                return int(database.execute("PRAGMA application_id").fetchone()[0])
        except sqlite3.Error:
            pass  # locked by a run
    with path.open("rb") as file:
        file.seek(APPLICATION_ID_AT)
        return int.from_bytes(file.read(4), "big")
