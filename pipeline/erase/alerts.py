"""The file of alerts: crops of the person's tracks are deleted, and the name is overwritten in all that was told.

Names of rules lose it, too. A process that raises alerts reads the file anew when it was changed.
"""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import msgspec

from configs.at_rest import StoreCipher
from pipeline.alerts.schema import APPLICATION_ID
from pipeline.erase.events import blank_sample, mask_event, people_of, spans_of_event
from pipeline.erase.person import Person, byte_spans
from pipeline.erase.sqlite_file import application_id, open_writable, scrub

MASK = "*"
PERSON = "person/"
"""How subjects begin that are somebody enrolled."""


class AlertsStore:
    """A file of `glimpse alerts run`, also one that is being written."""

    kind = "alerts"

    def recognises(self, path: Path) -> bool:
        return application_id(path) == APPLICATION_ID

    def people(self, path: Path) -> Iterator[str]:
        with open_writable(path) as database:
            found = {name for (names,) in database.execute("SELECT known_as FROM alerts") for name in _names(names)}
            found |= {str(name) for (name,) in database.execute("SELECT person FROM alerts") if name}
            subjects = (str(subject) for (subject,) in database.execute("SELECT subject FROM subjects"))
            found |= {subject.removeprefix(PERSON) for subject in subjects if subject.startswith(PERSON)}
            bodies = [body for _, body in _outgoing(database, path)]
            bodies += [body for (body,) in database.execute("SELECT body FROM state")]
            yield from found | {name for body in bodies for name in people_of(body)}

    def traces(self, path: Path, person: Person) -> Iterator[bytes]:
        """Crops of every track that was or may have been this person."""
        with open_writable(path) as database:
            for row in _alerts_of(database, person):
                yield from (
                    crop for (crop,) in database.execute("SELECT crop FROM alerts WHERE id = ?", (row,)) if crop
                )
            for track in _tracks_of(database, person):
                yield from (crop for (crop,) in database.execute("SELECT crop FROM crops WHERE track = ?", (track,)))

    def records(self, path: Path, person: Person) -> Iterator[bytes]:
        with open_writable(path) as database:
            for row in _alerts_of(database, person):
                yield _record(database, row, person)

    def erase(self, path: Path, person: Person) -> str:
        with open_writable(path) as database:
            database.execute("PRAGMA secure_delete = ON")
            database.execute("BEGIN IMMEDIATE")
            alerts = _alerts_of(database, person)
            for row in alerts:
                database.execute("UPDATE alerts SET crop = x'', known_as = '[]' WHERE id = ?", (row,))
            masked = sum(_mask_alert(database, row, person) for (row,) in database.execute("SELECT id FROM alerts"))
            for track in _tracks_of(database, person):
                database.execute("DELETE FROM crops WHERE track = ?", (track,))
                database.execute("DELETE FROM state WHERE name = ?", (f"track/{track}",))
            _mask_outgoing(database, path, person, alerts)
            _forget_subjects(database, person)
            database.execute("COMMIT")
            scrub(database)  # always: an earlier erasure may have been interrupted before this
        return f"name and crops taken from {len({*alerts})} alerts, {masked} sentences" if alerts or masked else ""


def _alerts_of(database: sqlite3.Connection, person: Person) -> list[int]:
    """Alerts of every track that any alert says was or may have been the person."""
    rows = database.execute("SELECT id, of_epoch, camera, track, person, known_as FROM alerts").fetchall()
    named = [row for row in rows if person.is_named(row[4]) or any(map(person.is_named, _names(row[5])))]
    tracks = {(epoch, camera, track) for _, epoch, camera, track, *_ in named if track is not None}
    return sorted({row[0] for row in named} | {row[0] for row in rows if (row[1], row[2], row[3]) in tracks})


def _record(database: sqlite3.Connection, row: int, person: Person) -> bytes:
    """An alert as JSON, without its crop and without the sentence where it is about somebody else."""
    columns = ("alert", "rule", "camera", "raised_at", "text", "person")
    query = "SELECT alert, rule, camera, raised_at, text, person FROM alerts WHERE id = ?"
    (values,) = database.execute(query, (row,)).fetchall()
    fields = dict(zip(columns, values, strict=True))
    if not person.is_named(fields["person"]):
        fields |= {"person": None, "text": ""}
    return msgspec.json.encode({"kind": "alert"} | fields)


def _tracks_of(database: sqlite3.Connection, person: Person) -> list[str]:
    """Open tracks that are or may be the person now."""
    bodies = database.execute("SELECT name, body FROM state WHERE name LIKE 'track/%'").fetchall()
    found = [name for name, body in bodies if _is_of(bytes(body), person)]
    return [str(name).removeprefix("track/") for name in found]


def _is_of(body: bytes, person: Person) -> bool:
    view = msgspec.json.decode(body)
    looks = view.get("looks") or {}
    return person.is_named(view.get("told")) or person.is_named(looks.get("person"))


def _mask_alert(database: sqlite3.Connection, row: int, person: Person) -> bool:
    """Overwrite the name in everything that an alert says; returns whether it stood there."""
    columns = ("rule", "cause", "text", "person")
    query = "SELECT rule, cause, text, person FROM alerts WHERE id = ?"
    (before,) = database.execute(query, (row,)).fetchall()
    after = tuple(
        None if person.is_named(text) and name == "person" else _mask(text, person)
        for name, text in zip(columns, before, strict=True)
    )
    if before == after:
        return False
    rule, cause, text, named = after
    # Two causes may be the same without their names; the number keeps them apart.
    cause = before[1] if before[1] == cause else f"{cause}#{row}"
    values = (rule, cause, text, named, row)
    database.execute("UPDATE alerts SET rule = ?, cause = ?, text = ?, person = ? WHERE id = ?", values)
    return True


def _outgoing(database: sqlite3.Connection, path: Path) -> list[tuple[int, bytes]]:
    """Events that wait to be published, opened."""
    cipher = StoreCipher(AlertsStore.kind, path)
    return [(row, cipher.open(body)) for row, body in database.execute("SELECT id, body FROM outgoing").fetchall()]


def _mask_outgoing(database: sqlite3.Connection, path: Path, person: Person, alerts: list[int]) -> None:
    """The same in events that wait to be published."""
    names = {name for row in alerts for (name,) in database.execute("SELECT alert FROM alerts WHERE id = ?", (row,))}
    cipher = StoreCipher(AlertsStore.kind, path)
    for row, body in _outgoing(database, path):
        is_theirs = bool(spans_of_event(body, person)) or msgspec.json.decode(body).get("alert") in names
        if is_theirs:
            masked = blank_sample(mask_event(body, person))
            database.execute("UPDATE outgoing SET body = ? WHERE id = ?", (cipher.seal(masked), row))


def _forget_subjects(database: sqlite3.Connection, person: Person) -> None:
    """Forget what rules know of the person, and rules that are called like them."""
    for rule, subject in database.execute("SELECT rule, subject FROM subjects").fetchall():
        if person.spans(subject) or person.spans(rule):
            database.execute("DELETE FROM subjects WHERE rule = ? AND subject = ?", (rule, subject))
    for name, body in database.execute("SELECT name, body FROM state").fetchall():
        if list(person.spans_of_lines(bytes(body))):
            database.execute("DELETE FROM state WHERE name = ?", (name,))


def _mask(text: str | None, person: Person) -> str | None:
    if text is None:
        return None
    data = bytearray(text.encode("utf-8", "surrogateescape"))
    for first, last in byte_spans(bytes(data), person.spans(text)):
        data[first:last] = MASK.encode() * (last - first)
    return data.decode("utf-8", "surrogateescape")


def _names(known_as: str) -> list[str]:
    return [str(name) for name in msgspec.json.decode(known_as)]
