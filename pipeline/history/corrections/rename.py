"""Gives a person another name, in the past and in the gallery."""

from pipeline.events import PersonAction
from pipeline.history.corrections.correction import Corrected, Desk, tell_name
from pipeline.history.corrections.gallery_work import Rename
from pipeline.history.corrections.names import change_name
from pipeline.history.corrections.undo_record import RenameRecord, encode_record
from recognizer.gallery.names import clean_name, find_lookalike, normalise_name, printable, refuse_reserved


def rename(desk: Desk, name: str, new: str) -> Corrected:
    """Rename somebody. Bodies of past events stay as they were published.

    Raises ValueError for somebody whom neither gallery nor history knows, and for a new name that is refused, known, or
    looks like another one; nothing is changed then. Raises OSError where a file cannot be written now.
    """
    notes: list[str] = []
    with desk.correcting(notes):
        name, new = _check(desk, normalise_name(name), clean_name(new))
        record = encode_record(RenameRecord(name, new))
        audit = desk.log.add(by=desk.by, action="rename", target=name, details=f"to {new}", undo=record)
        change_name(desk.database, name, new, at=desk.clock())
        desk.work(Rename(name, new))
        tell_name(desk, PersonAction.RENAMED, new, name)
    return Corrected(audit, notes)


def _check(desk: Desk, name: str, new: str) -> tuple[str, str]:
    known = desk.known_names()
    if name not in known:
        raise ValueError(f"person {printable(name)!r}: expected somebody whom the gallery or the history knows")
    if new in known:
        raise ValueError(f"person {new!r}: known already; merge the two if they are one person")
    refuse_reserved(new)
    if (other := find_lookalike(new, known - {name})) is not None:
        raise ValueError(f"person {new!r}: {printable(other)!r} is known, and the names look alike to a reader")
    return name, new
