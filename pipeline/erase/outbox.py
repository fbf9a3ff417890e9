"""The outbox: the bodies of its events lose the name, and the file is rewritten without the old bytes."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from configs.at_rest import StoreCipher
from pipeline.bus.outbox import APPLICATION_ID, replace_body
from pipeline.erase.person import Person
from pipeline.erase.sqlite_file import application_id, open_writable, scrub
from pipeline.erase.stored_events import StoredEvents, erase_events, people_in, records_in, traces_in


class OutboxStore:
    """An outbox (`events.outbox`), also one that a node is writing."""

    kind = "outbox"
    application_id = APPLICATION_ID

    def recognises(self, path: Path) -> bool:
        return application_id(path) == self.application_id

    def cipher(self, path: Path) -> StoreCipher:
        """Opens and seals the events that may hold faces."""
        return StoreCipher(self.kind, path)

    def people(self, path: Path) -> Iterator[str]:
        with self._open(path) as events:
            yield from people_in(events)

    def traces(self, path: Path, person: Person) -> Iterator[bytes]:
        """Templates and crops of the person's tracks."""
        with self._open(path) as events:
            yield from traces_in(events, person)

    def records(self, path: Path, person: Person) -> Iterator[bytes]:
        with self._open(path) as events:
            yield from records_in(events, person)

    def erase(self, path: Path, person: Person) -> str:
        with self._open(path) as events:
            events.database.execute("PRAGMA secure_delete = ON")
            events.database.execute("BEGIN IMMEDIATE")
            done = erase_events(events, person)
            events.database.execute("COMMIT")
            scrub(events.database)  # always: an earlier erasure may have been interrupted before this
        return done

    @contextmanager
    def _open(self, path: Path) -> Iterator["_Events"]:
        with open_writable(path) as database:
            yield _Events(database, self.cipher(path))


class _Events(StoredEvents):
    """The events of an SQLite file."""

    def __init__(self, database: sqlite3.Connection, cipher: StoreCipher) -> None:
        super().__init__(cipher)
        self.database = database

    def stored(self) -> Iterator[tuple[int, bytes]]:
        yield from self.database.execute("SELECT id, body FROM events")

    def stored_at(self, row: int) -> bytes:
        [(stored,)] = self.database.execute("SELECT body FROM events WHERE id = ?", (row,))
        body: bytes = stored
        return body

    def replace(self, row: int, body: bytes) -> None:
        replace_body(self.database, row, body)
