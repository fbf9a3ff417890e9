"""Changes what is said of one track, with its audit entry."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from pipeline.history.corrections.correction import Desk, set_verdicts, source_of
from pipeline.history.corrections.enrolment import enrolled_from, withdraw_from
from pipeline.history.corrections.undo_record import TrackRecord, encode_record
from pipeline.history.corrections.verdicts import VerdictRow, verdicts_of
from pipeline.history.database import Database

THIS_IS = "this is"
"""The action of the audit log."""
PART = "; part of "
"""Before the larger change that an entry of the audit log is a part of."""


class Seen(NamedTuple):
    """What the newest evidence says of a track."""

    state: str
    person: str | None


def evidence_of(database: Database, track: int) -> Seen:
    """What the evidence says, whatever was said since. Raises ValueError where there is no such track."""
    query = "SELECT state, person, evidence_state, evidence_person FROM tracks WHERE id = ?"
    for state, person, evidence_state, evidence_person in database.rows(query, (track,)):
        return Seen(state, person) if evidence_state is None else Seen(evidence_state, evidence_person)
    raise ValueError(f"track {track}: there is no such track")


def correct_track(
    desk: Desk,
    track: int,
    people: Sequence[str],
    rows: Callable[[int], list[VerdictRow]],
    *,
    action: str,
    name: str,
    enrolled: str | None = None,
    part_of: str = "",
) -> int:
    """Say the rows of an audit entry in the place of what was said of a track and these people; returns the entry.

    enrolled: for whom its crop is enrolled with it. What was enrolled from it for anybody that it is not is erased.
    """
    source_of(desk.database, track)  # there must be one
    owner = enrolled_from(desk, track)
    wrong = owner is not None and owner in people and (action != THIS_IS or owner != name)
    before = tuple(verdicts_of(desk.database, track, people))
    record = TrackRecord(track, tuple(people), before, enrolled, owner if wrong else None)
    seen = evidence_of(desk.database, track)
    details = f"track {track}, by its evidence {seen.state}{f' {seen.person}' if seen.person else ''}"
    audit = desk.log.add(
        by=desk.by,
        action=action,
        target=name,
        details=f"{details}{PART}{part_of}" if part_of else details,
        undo=encode_record(record),
    )
    set_verdicts(desk, track, people, rows(audit))
    if owner is not None and wrong:
        withdraw_from(desk, track, owner)
    return audit
