"""The outbox: the bodies of its events lose the name, and the file is rewritten without the old bytes."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

from configs.at_rest import StoreCipher, is_sealed
from pipeline.bus.outbox import APPLICATION_ID, replace_body
from pipeline.erase.events import (
    TrackKey,
    blank_sample,
    is_alert,
    is_sample,
    mask_event,
    people_of,
    record_of,
    sample_traces,
    spans_of_event,
    track_of,
)
from pipeline.erase.person import Person
from pipeline.erase.sqlite_file import application_id, open_writable, scrub


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
        with open_writable(path) as database:
            yield from {name for _, body in _bodies(database, self.cipher(path)) for name in people_of(body)}

    def traces(self, path: Path, person: Person) -> Iterator[bytes]:
        """Templates and crops of the person's tracks."""
        with open_writable(path) as database:
            tracks = _tracks_of(database, self.cipher(path), person)
            for row, body in _bodies(database, self.cipher(path)):
                if _is_sample_of(body, tracks):
                    yield from (*sample_traces(body), *_if_sealed(database, row))

    def records(self, path: Path, person: Person) -> Iterator[bytes]:
        with open_writable(path) as database:
            bodies = (body for _, body in _bodies(database, self.cipher(path)) if spans_of_event(body, person))
            yield from (record_of(blank_sample(body), person) for body in bodies)

    def erase(self, path: Path, person: Person) -> str:
        with open_writable(path) as database:
            database.execute("PRAGMA secure_delete = ON")
            database.execute("BEGIN IMMEDIATE")
            cipher = self.cipher(path)
            tracks = _tracks_of(database, cipher, person)
            named = [row for row, body in _bodies(database, cipher) if spans_of_event(body, person)]
            samples = [row for row, body in _bodies(database, cipher) if _is_sample_of(body, tracks)]
            for row in sorted({*named, *samples}):
                (stored,) = database.execute("SELECT body FROM events WHERE id = ?", (row,)).fetchone()
                body = cipher.open(stored)
                masked = mask_event(body, person)
                masked = blank_sample(masked) if _is_sample_of(body, tracks) else masked
                replace_body(database, row, cipher.seal(masked) if is_sealed(stored) else masked)
            database.execute("COMMIT")
            scrub(database)  # always: an earlier erasure may have been interrupted before this
        parts = [f"name overwritten in {len(named)} events"] * bool(named)
        return ", ".join([*parts, *[f"{len(samples)} templates and crops overwritten"] * bool(samples)])


def _bodies(database: sqlite3.Connection, cipher: StoreCipher) -> Iterator[tuple[int, bytes]]:
    """Events, opened. Raises KeyNeededError without their key; a sealed one that is damaged can be read by nobody."""
    for row, stored in database.execute("SELECT id, body FROM events"):
        body = cipher.open_sound(stored) if isinstance(stored, bytes) else stored
        if body is not None:
            yield row, body


def _if_sealed(database: sqlite3.Connection, row: int) -> Iterator[bytes]:
    """The event as it is stored, where that is what must be gone."""
    for (stored,) in database.execute("SELECT body FROM events WHERE id = ?", (row,)):
        if is_sealed(stored):
            yield stored


def _tracks_of(database: sqlite3.Connection, cipher: StoreCipher, person: Person) -> set[TrackKey]:
    """Every track that was or may have been this person, by any of its events."""
    found = (track_of(body) for _, body in _bodies(database, cipher) if spans_of_event(body, person))
    return {track for track in found if track}


def _is_sample_of(body: bytes, tracks: set[TrackKey]) -> bool:
    """Whether an event is a sample or an alert of one of these tracks whose pictures were not erased yet."""
    return (is_sample(body) or is_alert(body)) and track_of(body) in tracks and any(True for _ in sample_traces(body))
