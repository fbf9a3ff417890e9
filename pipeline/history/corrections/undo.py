"""Takes a correction back."""

from pipeline.events import PersonAction
from pipeline.history.audit import AuditEntry
from pipeline.history.corrections.correction import Corrected, Desk, set_verdicts, source_of, tell, tell_name
from pipeline.history.corrections.enrolment import enrol_from, withdraw_from
from pipeline.history.corrections.gallery_work import Mark, Rename, Split
from pipeline.history.corrections.merge_people import tracks_with_verdicts
from pipeline.history.corrections.names import change_name
from pipeline.history.corrections.undo_record import (
    MergeRecord,
    RenameRecord,
    TrackRecord,
    UndoRecord,
    decode_record,
)
from pipeline.history.corrections.verdicts import VerdictRow, apply_verdicts, replace_verdicts
from pipeline.history.database import Database
from pipeline.history.groups.changes import MERGE, SPLIT
from recognizer.gallery.names import find_lookalike, printable

TOLD_TRACKS = 500
LATER = (
    "SELECT id, undo FROM audit WHERE id > ? AND undone = 0 AND undo <> '' AND action NOT IN (?, ?) ORDER BY id DESC"
)


def undo(desk: Desk, number: int) -> Corrected:
    """Take back the correction of an audit entry. What happened to tracks since stays.

    Raises ValueError for an entry that is not there, cannot be taken back, was taken back already, or on which a later
    one rests, and where somebody else was enrolled under the name since; nothing is changed then. Raises OSError where
    a file cannot be written now.
    """
    notes: list[str] = []
    with desk.correcting(notes):
        entry = _find(desk, number)
        record = decode_record(entry.undo)
        _check_later(desk.database, number, record)
        _check_name(desk, number, record)
        audit = desk.log.add(
            by=desk.by, action="undo", target=entry.target, details=f"{entry.action}, entry {number}", undoes=number
        )
        _take_back(desk, record)
    return Corrected(audit, notes)


def _find(desk: Desk, number: int) -> AuditEntry:
    entry = desk.log.entry(number)
    if entry is None:
        raise ValueError(f"entry {number}: there is no such entry in the audit log")
    if not entry.undo:
        raise ValueError(f"entry {number}: {entry.action} cannot be undone")
    if entry.undone:
        raise ValueError(f"entry {number}: undone already")
    return entry


def _check_later(database: Database, number: int, record: UndoRecord) -> None:
    for later, text in database.rows(LATER, (number, MERGE, SPLIT)):
        if record.conflicts(decode_record(text)):
            raise ValueError(f"entry {number}: entry {later} rests on it; undo that first, or correct again")


def _check_name(desk: Desk, number: int, record: UndoRecord) -> None:
    """Nobody may be enrolled now under the name that somebody would get back, or under one that looks like it."""
    if isinstance(record, TrackRecord) or desk.people is None:
        return
    enrolled = set(desk.people.names())
    now = record.new if isinstance(record, RenameRecord) else record.into
    other = record.name if record.name in enrolled else find_lookalike(record.name, enrolled - {now})
    if other is not None and (isinstance(record, RenameRecord) or record.faces):
        raise ValueError(f"entry {number}: {printable(other)!r} was enrolled since; correct again instead")


def _take_back(desk: Desk, record: UndoRecord) -> None:
    if isinstance(record, TrackRecord):
        _take_back_track(desk, record)
    elif isinstance(record, RenameRecord):
        change_name(desk.database, record.new, record.name, at=desk.clock())
        desk.work(Rename(record.new, record.name))
        tell_name(desk, PersonAction.RENAMED, record.name, record.new)
    else:
        _take_back_merge(desk, record)


def _take_back_track(desk: Desk, record: TrackRecord) -> None:
    if not desk.database.rows("SELECT 1 FROM tracks WHERE id = ?", (record.track,)):
        raise ValueError(f"track {record.track}: there is no such track any more")
    set_verdicts(desk, record.track, record.people, record.rows)
    if record.enrolled is not None:
        withdraw_from(desk, record.track, record.enrolled)
    if record.withdrawn is not None:
        enrol_from(desk, record.track, record.withdrawn)


def _take_back_merge(desk: Desk, record: MergeRecord) -> None:
    database, name = desk.database, record.name
    _set_person(database, "UPDATE tracks SET person = ? WHERE id = ? AND person = ?", record, record.tracks)
    evidence = "UPDATE tracks SET evidence_person = ? WHERE id = ? AND evidence_person = ?"
    _set_person(database, evidence, record, record.evidence)
    _set_person(database, "UPDATE groups SET person = ? WHERE id = ? AND person = ?", record, record.groups)
    database.change("DELETE FROM renames WHERE old = ? AND new = ?", (name, record.into))
    desk.work(Split(name, record.into, record.faces, record.negatives))
    for track in {row.track for row in record.rows}.union(tracks_with_verdicts(database, *record.people)):
        rows = [row for row in record.rows if row.track == track]
        _restore(desk, track, record, rows)
    tell_name(desk, PersonAction.SEPARATED, name, record.into)
    for track in _told(database, record):
        tell(desk, track)


def _told(database: Database, record: MergeRecord) -> list[int]:
    """The newest tracks of those that the merge touched: who follows the bus has forgotten the others."""
    touched = sorted({*record.tracks, *(row.track for row in record.rows)}, reverse=True)[:TOLD_TRACKS]
    return [track for track in sorted(touched) if database.rows("SELECT 1 FROM tracks WHERE id = ?", (track,))]


def _restore(desk: Desk, track: int, record: MergeRecord, rows: list[VerdictRow]) -> None:
    """Say of a track what was said before two people were merged; negatives that fell away come back."""
    if not desk.database.rows("SELECT 1 FROM tracks WHERE id = ?", (track,)):
        return
    replace_verdicts(desk.database, track, record.people, rows)
    apply_verdicts(desk.database, track)
    source = source_of(desk.database, track)
    for model_id, data in desk.database.rows("SELECT model_id, data FROM templates WHERE track = ?", (track,)):
        template = desk.database.cipher.open_sound(bytes(data)) or b""
        desk.work(*(Mark(row.person, source, model_id, template) for row in rows if template and not row.is_person))


def _set_person(database: Database, statement: str, record: MergeRecord, rows: tuple[int, ...]) -> None:
    for row in rows:
        database.change(statement, (record.name, row, record.into))
