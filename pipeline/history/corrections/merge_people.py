"""Makes one person of two, in the past and in the gallery."""

from collections.abc import Sequence

from pipeline.events import PersonAction
from pipeline.history.corrections.correction import Corrected, Desk, source_of, tell, tell_name
from pipeline.history.corrections.gallery_work import Merge, Unmark
from pipeline.history.corrections.names import note_change
from pipeline.history.corrections.undo_record import MergeRecord, encode_record
from pipeline.history.corrections.verdicts import VerdictRow, apply_verdicts, replace_verdicts, verdicts_of
from pipeline.history.database import Database
from recognizer.gallery.names import normalise_name, printable


def merge_people(desk: Desk, name: str, into: str) -> Corrected:
    """Give all that is known of one person to another, who keeps their name. Where both were said of a track, what was
    said of the second stays.

    Raises ValueError for somebody whom neither gallery nor history knows, and for one name twice; nothing is changed
    then. Raises OSError where a file cannot be written now.
    """
    notes: list[str] = []
    with desk.correcting(notes):
        name, into = _check(desk, normalise_name(name), normalise_name(into))
        record = _record(desk, name, into)
        undo = encode_record(record)
        audit = desk.log.add(by=desk.by, action="merge", target=name, details=f"into {into}", undo=undo)
        desk.database.change("UPDATE tracks SET person = ? WHERE person = ?", (into, name))
        desk.database.change("UPDATE tracks SET evidence_person = ? WHERE evidence_person = ?", (into, name))
        desk.database.change("UPDATE groups SET person = ? WHERE person = ?", (into, name))
        note_change(desk.database, name, into, at=desk.clock())
        desk.work(Merge(name, into))
        tell_name(desk, PersonAction.MERGED, into, name)
        _merge_verdicts(desk, name, into)
    return Corrected(audit, notes)


def tracks_with_verdicts(database: Database, *people: str) -> list[int]:
    """Tracks of which something was said about these people."""
    query = "SELECT track FROM verdicts WHERE person = ?"
    return sorted({int(track) for person in people for (track,) in database.rows(query, (person,))})


def _check(desk: Desk, name: str, into: str) -> tuple[str, str]:
    if name == into:
        raise ValueError(f"person {printable(name)!r}: expected two people to merge, got one twice")
    if missing := {name, into} - desk.known_names():
        shown = printable(min(missing))
        raise ValueError(f"person {shown!r}: expected somebody whom the gallery or the history knows")
    return name, into


def _record(desk: Desk, name: str, into: str) -> MergeRecord:
    database, people = desk.database, desk.people
    said = (verdicts_of(database, track, [name, into]) for track in tracks_with_verdicts(database, name, into))
    return MergeRecord(
        name,
        into,
        tracks=_ids(database, "SELECT id FROM tracks WHERE person = ?", name),
        evidence=_ids(database, "SELECT id FROM tracks WHERE evidence_person = ?", name),
        groups=_ids(database, "SELECT id FROM groups WHERE person = ?", name),
        rows=tuple(row for rows in said for row in rows),
        faces=tuple(people.digests(name)) if people else (),
        negatives=tuple(people.marked(name)) if people else (),
    )


def _ids(database: Database, query: str, name: str) -> tuple[int, ...]:
    return tuple(int(row) for (row,) in database.rows(query, (name,)))


def _merge_verdicts(desk: Desk, name: str, into: str) -> None:
    for track in tracks_with_verdicts(desk.database, name, into):
        rows = verdicts_of(desk.database, track, [name, into])
        [kept] = _merged(rows, into)
        replace_verdicts(desk.database, track, [name, into], [kept])
        if kept.is_person and any(not row.is_person for row in rows):
            desk.work(Unmark(into, source_of(desk.database, track)))
        apply_verdicts(desk.database, track)
        tell(desk, track)


def _merged(rows: Sequence[VerdictRow], into: str) -> list[VerdictRow]:
    """What was said of the second person, or else of the first, with the second name."""
    kept = next((row for row in rows if row.person == into), rows[0])
    return [VerdictRow(kept.track, into, kept.is_person, kept.audit)]
