"""The history: templates and crops of the person's tracks are deleted, and the name is overwritten in events and in the
audit log, and deleted from what operators said."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.erase.events import mask_event, people_of, record_of, spans_of_event
from pipeline.erase.person import Person
from pipeline.erase.sqlite_file import application_id
from pipeline.erase.store import IncompleteError
from pipeline.history.database import Database, open_database
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
AUDIT_TEXTS = "SELECT id, undo, by, action, target, details FROM audit"
FORGET_NAME = (
    "UPDATE tracks SET state = 'unknown', best_state = 'unknown', person = NULL, score = NULL, false_alarm = NULL"
    " WHERE id = ?"
)
ROWS_AT_ONCE = 1000


class HistoryStore:
    """A file of `glimpse history record`, also one that is being written."""

    kind = "history"

    def recognises(self, path: Path) -> bool:
        return application_id(path) == APPLICATION_ID

    def people(self, path: Path) -> Iterator[str]:
        with opened_history(path) as database:
            yield from people_in(database)

    def traces(self, path: Path, person: Person) -> Iterator[bytes]:
        """Templates and crops of every track that was or may have been this person."""
        with opened_history(path) as database:
            yield from traces_in(database, person)

    def records(self, path: Path, person: Person) -> Iterator[bytes]:
        with opened_history(path) as database:
            yield from records_in(database, person)

    def erase(self, path: Path, person: Person) -> str:
        with opened_history(path, change=True) as database:
            return erase_in(database, person)


def people_in(database: Database) -> set[str]:
    """Names in a history, by its tracks, events and what operators said."""
    named = {str(name) for (name,) in database.rows("SELECT DISTINCT person FROM tracks") if name}
    named |= {str(name) for (name,) in database.rows(SAID_NAMES) if name}
    return named | {name for _, body in _events(database) for name in people_of(body)}


def records_in(database: Database, person: Person) -> Iterator[bytes]:
    """What a history says of the person's tracks: a row each, and their events."""
    for track in tracks_of(database, person):
        yield _track_record(database, track, person)
        bodies = database.rows("SELECT body FROM events WHERE track = ?", (track,))
        yield from (record_of(bytes(body), person) for (body,) in bodies)


def _track_record(database: Database, track: int, person: Person) -> bytes:
    columns = ("id", "camera", "first_seen", "last_seen", "ended", "face_px", "state", "person", "score")
    [values] = database.rows(f"SELECT {', '.join(columns)} FROM tracks WHERE id = ?", (track,))
    row = dict(zip(columns, values, strict=True))
    if not person.is_named(row["person"]):
        row["person"] = None  # somebody else by its newest evidence
    return json.dumps({"kind": "track of a history"} | row, ensure_ascii=False).encode()


def traces_in(database: Database, person: Person) -> Iterator[bytes]:
    """Templates and crops of every track that was or may have been this person."""
    tracks = tracks_of(database, person)
    for query in (f"SELECT data FROM {table} WHERE track = ?" for table in DELETE_SAMPLE):
        yield from (bytes(data) for track in tracks for (data,) in database.rows(query, (track,)))


def erase_in(database: Database, person: Person) -> str:
    """Erase a person from a history; says what was erased, empty for nothing. Raises like `Database`."""
    with database.writing():
        tracks = tracks_of(database, person)
        samples = sum(delete_sample(database, table, track) for table in DELETE_SAMPLE for track in tracks)
        events = _mask_events(database, person)
        for track in tracks:
            _forget_name(database, track, person)
        said = _forget_what_was_said(database, person)
    database.scrub()  # always: an earlier erasure may have been interrupted before this
    parts = [f"name taken from {len(tracks)} tracks and {events} events, {samples} templates and crops deleted"]
    return ", ".join([*parts * bool(tracks), *[f"name taken from {said} corrections"] * bool(said)])


@contextmanager
def opened_history(place: Path | str, *, change: bool = False) -> Iterator[Database]:
    """An open history, to be changed or read. Raises IncompleteError where that is not possible now, or at all."""
    try:
        with open_database(place, create=change) as database:
            yield database
    except OSError as error:
        raise IncompleteError(f"in use or not writable ({error}); run this again") from None
    except ValueError as error:
        raise IncompleteError(f"damaged or of another version ({error})") from None


def _events(database: Database) -> Iterator[tuple[int, bytes]]:
    for page in database.pages("SELECT id, body FROM events", size=ROWS_AT_ONCE):
        yield from ((row, bytes(body)) for row, body in page)


def tracks_of(database: Database, person: Person) -> list[int]:
    """Tracks of which any event, or the newest evidence, names the person, as a candidate too; or an operator does."""
    named = {track for track, name in database.rows("SELECT id, person FROM tracks") if person.is_named(name)}
    named |= {track for track, name in database.rows(OF_GROUPS) if person.is_named(name)}
    named |= {track for track, name in database.rows(OF_VERDICTS) if person.is_named(name)}
    for page in database.pages("SELECT track, body FROM events WHERE track IS NOT NULL", size=ROWS_AT_ONCE):
        named.update(track for track, body in page if spans_of_event(bytes(body), person))
    return sorted(named)


OF_GROUPS = "SELECT track, person FROM track_groups JOIN groups ON groups.id = track_groups.grp"
OF_VERDICTS = "SELECT track, person FROM verdicts WHERE is_person = 1"


def delete_sample(database: Database, table: str, track: int) -> int:
    """Delete a track's row of `crops` or `templates`, in the current transaction; returns how many there were."""
    deleted = database.rows(DELETE_SAMPLE[table], (track,))
    for (size,) in deleted:
        database.change("UPDATE usage SET bytes = bytes - ? WHERE kind = ?", (size, table))
    return len(deleted)


def _mask_events(database: Database, person: Person) -> int:
    """Overwrite the name in events, and in those that wait to be published.

    A masked event has as many bytes as before, so the usage stays right.
    """
    for row, body in database.rows("SELECT id, body FROM person_queue"):
        if spans_of_event(bytes(body), person):
            database.change("UPDATE person_queue SET body = ? WHERE id = ?", (mask_event(bytes(body), person), row))
    rows = [row for row, body in _events(database) if spans_of_event(body, person)]
    for row in rows:
        [(body,)] = database.rows("SELECT body FROM events WHERE id = ?", (row,))
        database.change("UPDATE events SET body = ? WHERE id = ?", (mask_event(bytes(body), person), row))
    return len(rows)


def _forget_name(database: Database, track: int, person: Person) -> None:
    for (name,) in database.rows("SELECT person FROM tracks WHERE id = ?", (track,)):
        if person.is_named(name):
            database.change(FORGET_NAME, (track,))


def _forget_what_was_said(database: Database, person: Person) -> int:
    """Delete what operators said of the person, and overwrite the name in the audit log; returns how much that was.

    Entries that name the person cannot be undone any more.
    """
    names = {name for (name,) in database.rows(SAID_NAMES) if person.is_named(name)}
    said = sum(database.change(statement, (name,)) for name in names for statement in FORGET_VERDICTS)
    return said + _mask_audit(database, person) + _delete_work(database, person)


def _mask_audit(database: Database, person: Person) -> int:
    masked = 0
    for number, undo, *texts in database.rows(AUDIT_TEXTS):
        kept = "" if person.spans(undo) else undo
        now = [_mask(text, person) for text in texts]
        if (kept, *now) != (undo, *texts):
            change = "UPDATE audit SET undo = ?, by = ?, action = ?, target = ?, details = ? WHERE id = ?"
            database.change(change, (kept, *now, number))
            masked += 1
    return masked


def _mask(text: str, person: Person) -> str:
    for first, last in person.spans(text):
        text = text[:first] + "*" * (last - first) + text[last:]
    return text


def _delete_work(database: Database, person: Person) -> int:
    """Delete what corrections have still to do in the gallery for the person."""
    deleted = 0
    for number, body in database.rows("SELECT id, body FROM gallery_work"):
        if person.spans(database.cipher.open(bytes(body)).decode("utf-8", "replace")):
            deleted += database.change("DELETE FROM gallery_work WHERE id = ?", (number,))
    return deleted
