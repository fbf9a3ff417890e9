"""This track is not Ada: the past forgets the name, and later decisions do not give it to a track like this one."""

from pipeline.history.corrections.correction import Corrected, Desk
from pipeline.history.corrections.track_state import correct_track
from pipeline.history.corrections.verdicts import VerdictRow
from recognizer.gallery.names import normalise_name, printable


def this_is_not(desk: Desk, track: int, name: str) -> Corrected:
    """Say who a track is not. Its template, where one is kept, becomes a negative of the person in the gallery.

    Raises ValueError for a track that is not there and for somebody whom neither gallery nor history knows; nothing is
    changed then. Raises OSError where a file cannot be written now.
    """
    notes: list[str] = []
    with desk.correcting(notes):
        name = normalise_name(name)
        if name not in desk.known_names():
            raise ValueError(f"person {printable(name)!r}: expected somebody whom the gallery or the history knows")
        if not desk.database.rows("SELECT 1 FROM templates WHERE track = ?", (track,)):
            notes.append("no template of the track is kept: later decisions do not learn from it")

        def rows(audit: int) -> list[VerdictRow]:
            return [VerdictRow(track, name, is_person=False, audit=audit)]

        audit = correct_track(desk, track, [name], rows, action="this is not", name=name)
    return Corrected(audit, notes)
