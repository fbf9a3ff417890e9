"""The history: templates and crops of the person's tracks are deleted, and the name in its events is overwritten."""

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from pipeline.erase.events import mask_event, people_of, record_of, spans_of_event
from pipeline.erase.person import Person
from pipeline.erase.sqlite_file import application_id, open_writable, scrub
from pipeline.history.schema import APPLICATION_ID

DELETE_SAMPLE = {
    "crops": "DELETE FROM crops WHERE track = ? RETURNING length(data)",
    "templates": "DELETE FROM templates WHERE track = ? RETURNING length(data)",
}
FORGET_NAME = (
    "UPDATE tracks SET state = 'unknown', best_state = 'unknown', person = NULL, score = NULL, false_alarm = NULL"
    " WHERE id = ?"
)


class HistoryStore:
    """A file of `glimpse history record`, also one that is being written."""

    kind = "history"

    def recognises(self, path: Path) -> bool:
        return application_id(path) == APPLICATION_ID

    def people(self, path: Path) -> Iterator[str]:
        with open_writable(path) as database:
            named = {str(name) for (name,) in database.execute("SELECT DISTINCT person FROM tracks") if name}
            bodies = database.execute("SELECT body FROM events")
            yield from named | {name for (body,) in bodies for name in people_of(body)}

    def traces(self, path: Path, person: Person) -> Iterator[bytes]:
        """Templates and crops of every track that was or may have been this person."""
        with open_writable(path) as database:
            tracks = _tracks_of(database, person)
            for query in (f"SELECT data FROM {table} WHERE track = ?" for table in DELETE_SAMPLE):
                yield from (data for track in tracks for (data,) in database.execute(query, (track,)))

    def records(self, path: Path, person: Person) -> Iterator[bytes]:
        with open_writable(path) as database:
            for track in _tracks_of(database, person):
                yield _track_record(database, track, person)
                bodies = database.execute("SELECT body FROM events WHERE track = ?", (track,))
                yield from (record_of(body, person) for (body,) in bodies)

    def erase(self, path: Path, person: Person) -> str:
        with open_writable(path) as database:
            database.execute("PRAGMA secure_delete = ON")
            database.execute("BEGIN IMMEDIATE")
            tracks = _tracks_of(database, person)
            samples = sum(_delete_sample(database, table, track) for table in DELETE_SAMPLE for track in tracks)
            events = _mask_events(database, person)
            for track in tracks:
                _forget_name(database, track, person)
            database.execute("COMMIT")
            scrub(database)  # always: an earlier erasure may have been interrupted before this
        if not tracks:
            return ""
        return f"name taken from {len(tracks)} tracks and {events} events, {samples} templates and crops deleted"


def _tracks_of(database: sqlite3.Connection, person: Person) -> list[int]:
    """Tracks of which any event, or the newest evidence, names the person, as a candidate too."""
    named = {track for track, name in database.execute("SELECT id, person FROM tracks") if person.is_named(name)}
    events = database.execute("SELECT track, body FROM events WHERE track IS NOT NULL")
    return sorted(named.union(track for track, body in events if spans_of_event(body, person)))


def _track_record(database: sqlite3.Connection, track: int, person: Person) -> bytes:
    query = "SELECT id, camera, first_seen, last_seen, ended, face_px, state, person, score FROM tracks WHERE id = ?"
    cursor = database.execute(query, (track,))
    row = dict(zip((column for column, *_ in cursor.description), cursor.fetchone(), strict=True))
    if not person.is_named(row["person"]):
        row["person"] = None  # somebody else by its newest evidence
    return json.dumps({"kind": "track of a history"} | row, ensure_ascii=False).encode()


def _delete_sample(database: sqlite3.Connection, table: str, track: int) -> int:
    deleted = database.execute(DELETE_SAMPLE[table], (track,)).fetchall()
    for (size,) in deleted:
        database.execute("UPDATE usage SET bytes = bytes - ? WHERE kind = ?", (size, table))
    return len(deleted)


def _mask_events(database: sqlite3.Connection, person: Person) -> int:
    """Overwrite the name in events; a masked event has as many bytes as before, so the usage stays right."""
    rows = [row for row, body in database.execute("SELECT id, body FROM events") if spans_of_event(body, person)]
    for row in rows:
        (body,) = database.execute("SELECT body FROM events WHERE id = ?", (row,)).fetchone()
        database.execute("UPDATE events SET body = ? WHERE id = ?", (mask_event(body, person), row))
    return len(rows)


def _forget_name(database: sqlite3.Connection, track: int, person: Person) -> None:
    (name,) = database.execute("SELECT person FROM tracks WHERE id = ?", (track,)).fetchone() or (None,)
    if person.is_named(name):
        database.execute(FORGET_NAME, (track,))
