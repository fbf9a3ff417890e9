"""The history: templates and crops of the person's tracks are deleted, and the name is overwritten in events and in the
audit log, and deleted from what operators said."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

from pipeline.erase.events import mask_event, people_of, spans_of_event
from pipeline.erase.person import Person
from pipeline.erase.sqlite_file import application_id, open_writable, scrub
from pipeline.history.schema import APPLICATION_ID

DELETE_SAMPLE = {
    "crops": "DELETE FROM crops WHERE track = ? RETURNING length(data)",
    "templates": "DELETE FROM templates WHERE track = ? RETURNING length(data)",
}
FORGET_VERDICTS = (
    "DELETE FROM verdicts WHERE person = ?",
    "UPDATE groups SET person = NULL WHERE person = ?",
    "DELETE FROM renames WHERE old = ?",
    "DELETE FROM renames WHERE new = ?",
    "UPDATE tracks SET evidence_state = 'unknown', evidence_person = NULL WHERE evidence_person = ?",
)
SAID_NAMES = (
    "SELECT person FROM verdicts UNION SELECT person FROM groups UNION SELECT old FROM renames"
    " UNION SELECT new FROM renames UNION SELECT evidence_person FROM tracks"
)
QUEUES = (
    ("SELECT id, body FROM person_queue", "DELETE FROM person_queue WHERE id = ?"),
    ("SELECT id, body FROM gallery_work", "DELETE FROM gallery_work WHERE id = ?"),
)
AUDIT_TEXTS = "SELECT id, undo, by, action, target, details FROM audit"
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
            if _has_corrections(database):
                named |= {str(name) for (name,) in database.execute(SAID_NAMES) if name}
            bodies = database.execute("SELECT body FROM events")
            yield from named | {name for (body,) in bodies for name in people_of(body)}

    def traces(self, path: Path, person: Person) -> Iterator[bytes]:
        """Templates and crops of every track that was or may have been this person."""
        with open_writable(path) as database:
            tracks = _tracks_of(database, person)
            for query in (f"SELECT data FROM {table} WHERE track = ?" for table in DELETE_SAMPLE):
                yield from (data for track in tracks for (data,) in database.execute(query, (track,)))

    def erase(self, path: Path, person: Person) -> str:
        with open_writable(path) as database:
            database.execute("PRAGMA secure_delete = ON")
            database.execute("BEGIN IMMEDIATE")
            tracks = _tracks_of(database, person)
            samples = sum(_delete_sample(database, table, track) for table in DELETE_SAMPLE for track in tracks)
            events = _mask_events(database, person)
            for track in tracks:
                _forget_name(database, track, person)
            said = _forget_corrections(database, person) if _has_corrections(database) else 0
            database.execute("COMMIT")
            scrub(database)  # always: an earlier erasure may have been interrupted before this
        if not tracks and not said:
            return ""
        parts = f"name taken from {len(tracks)} tracks and {events} events, {samples} templates and crops deleted"
        return f"{parts}, and from {said} corrections and entries of the audit log" if said else parts


def _tracks_of(database: sqlite3.Connection, person: Person) -> list[int]:
    """Tracks of which any event, or the newest evidence, names the person, as a candidate too."""
    named = {track for track, name in database.execute("SELECT id, person FROM tracks") if person.is_named(name)}
    events = database.execute("SELECT track, body FROM events WHERE track IS NOT NULL")
    return sorted(named.union(track for track, body in events if spans_of_event(body, person)))


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


def _has_corrections(database: sqlite3.Connection) -> bool:
    """Whether the file has the tables of corrections; one of before has none."""
    return bool(database.execute("SELECT 1 FROM sqlite_master WHERE name = 'gallery_work'").fetchone())


def _forget_corrections(database: sqlite3.Connection, person: Person) -> int:
    """Delete what operators said of the person, and overwrite the name in the audit log; returns how much that was.

    Entries that name the person cannot be undone any more.
    """
    names = {name for (name,) in database.execute(SAID_NAMES) if person.is_named(name)}
    changes = (database.execute(statement, (name,)) for name in names for statement in FORGET_VERDICTS)
    said = sum(change.rowcount for change in changes)
    return said + _mask_audit(database, person) + _delete_queued(database, person)


def _mask_audit(database: sqlite3.Connection, person: Person) -> int:
    masked = 0
    for number, undo, *texts in database.execute(AUDIT_TEXTS).fetchall():
        kept = "" if person.spans(undo) else undo
        now = [_mask(text, person) for text in texts]
        if (kept, *now) != (undo, *texts):
            change = "UPDATE audit SET undo = ?, by = ?, action = ?, target = ?, details = ? WHERE id = ?"
            database.execute(change, (kept, *now, number))
            masked += 1
    return masked


def _mask(text: str, person: Person) -> str:
    for first, last in person.spans(text):
        text = text[:first] + "*" * (last - first) + text[last:]
    return text


def _delete_queued(database: sqlite3.Connection, person: Person) -> int:
    """Delete what waits to be published or done and names the person."""
    deleted = 0
    for waiting, delete in QUEUES:
        for number, body in database.execute(waiting).fetchall():
            if person.spans(bytes(body).decode("utf-8", "replace")):
                deleted += database.execute(delete, (number,)).rowcount
    return deleted
