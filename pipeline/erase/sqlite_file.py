"""SQLite files: recognised by their application ID, opened, and rewritten without what was deleted."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

from pipeline.erase.store import IncompleteError

BUSY_SECONDS = 5.0
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


@contextmanager
def open_writable(path: Path) -> Iterator[sqlite3.Connection]:
    """A database without transactions of its own. Raises IncompleteError where it is locked or damaged."""
    try:
        with closing(sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)) as database:
            yield database
    except sqlite3.OperationalError as error:
        raise IncompleteError(f"in use or not writable ({error}); run this again") from None
    except sqlite3.DatabaseError as error:
        raise IncompleteError(f"damaged ({error}); delete it") from None


def scrub(database: sqlite3.Connection) -> None:
    """Rewrite the file without the old bytes, and empty its log."""
    database.execute("VACUUM")
    (busy, _, _) = database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    if busy:
        raise IncompleteError("a reader still holds old pages; run this again")
