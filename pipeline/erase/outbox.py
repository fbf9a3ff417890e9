"""The outbox: the bodies of its events lose the name, and the file is rewritten without the old bytes."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from pipeline.bus.outbox import APPLICATION_ID, replace_body
from pipeline.erase.events import mask_event, people_of
from pipeline.erase.person import Person
from pipeline.erase.sqlite_file import application_id
from pipeline.erase.store import IncompleteError

BUSY_SECONDS = 5.0


class OutboxStore:
    """An outbox (`events.outbox`), also one that a node is writing."""

    kind = "outbox"

    def recognises(self, path: Path) -> bool:
        return application_id(path) == APPLICATION_ID

    def people(self, path: Path) -> Iterator[str]:
        with _open(path) as database:
            yield from {name for (body,) in database.execute("SELECT body FROM events") for name in people_of(body)}

    def traces(self, path: Path, person: Person) -> Iterator[bytes]:
        return iter(())

    def erase(self, path: Path, person: Person) -> str:
        with _open(path) as database:
            database.execute("PRAGMA secure_delete = ON")
            database.execute("BEGIN IMMEDIATE")
            rows = [
                (mask_event(body, person), body, row) for row, body in database.execute("SELECT id, body FROM events")
            ]
            changed = [(masked, row) for masked, body, row in rows if masked != body]
            for masked, row in changed:
                replace_body(database, row, masked)
            database.execute("COMMIT")
            _scrub(database)  # always: an earlier erasure may have been interrupted before this
        return f"name overwritten in {len(changed)} events" if changed else ""


def _scrub(database: sqlite3.Connection) -> None:
    """Rewrite the file without the old bytes, and empty its log."""
    database.execute("VACUUM")
    (busy, _, _) = database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    if busy:
        raise IncompleteError("a reader still holds old pages; run this again")


@contextmanager
def _open(path: Path) -> Iterator[sqlite3.Connection]:
    try:
        with closing(sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)) as database:
            yield database
    except sqlite3.OperationalError as error:
        raise IncompleteError(f"in use or not writable ({error}); run this again") from None
    except sqlite3.DatabaseError as error:
        raise IncompleteError(f"damaged ({error}); delete it") from None
