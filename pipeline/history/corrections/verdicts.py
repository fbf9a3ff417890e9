"""What operators said of one track, and who it therefore is.

A track is who an operator said it is. Without that it is whom its newest evidence names, unless an operator said that
it is not. The columns `state` and `person` hold the result, so that all questions to a history follow it; while a
verdict stands, `evidence_state` and `evidence_person` hold what the evidence says.
"""

from collections.abc import Iterable, Sequence

import msgspec

from pipeline.history.database import Database
from recognizer.base import State


class VerdictRow(msgspec.Struct, frozen=True, array_like=True):
    """A row of the table `verdicts`. is_person: whether the track is that person, or is not.  audit: the entry."""

    track: int
    person: str
    is_person: bool
    audit: int


def verdicts_of(database: Database, track: int, people: Sequence[str] | None = None) -> list[VerdictRow]:
    """What was said of a track, of these people alone where they are given; by name."""
    query = "SELECT track, person, is_person, audit FROM verdicts WHERE track = ? ORDER BY person"
    rows = [VerdictRow(row[0], row[1], bool(row[2]), row[3]) for row in database.rows(query, (track,))]
    return [row for row in rows if people is None or row.person in people]


def replace_verdicts(database: Database, track: int, people: Iterable[str], rows: Iterable[VerdictRow]) -> None:
    """Put `rows` in the place of what was said of a track and these people, in the current transaction."""
    for person in people:
        database.change("DELETE FROM verdicts WHERE track = ? AND person = ?", (track, person))
    for row in rows:
        values = (row.track, row.person, int(row.is_person), row.audit)
        database.change("INSERT INTO verdicts (track, person, is_person, audit) VALUES (?, ?, ?, ?)", values)


def apply_verdicts(database: Database, track: int) -> str:
    """Make a track who the verdicts say it is, in the current transaction; returns its state."""
    [(state, person, evidence_state, evidence_person)] = database.rows(
        "SELECT state, person, evidence_state, evidence_person FROM tracks WHERE id = ?", (track,)
    )
    seen = (state, person) if evidence_state is None else (evidence_state, evidence_person)
    said = verdicts_of(database, track)
    kept = seen if said else (None, None)
    now = _judge(seen, said)
    if (*now, *kept) != (state, person, evidence_state, evidence_person):
        database.change(
            "UPDATE tracks SET state = ?, person = ?, evidence_state = ?, evidence_person = ? WHERE id = ?",
            (*now, *kept, track),
        )
        named = int(now[0] == State.NAMED)
        database.change("UPDATE crops SET named = ? WHERE track = ? AND named <> ?", (named, track, named))
        database.change("UPDATE templates SET named = ? WHERE track = ? AND named <> ?", (named, track, named))
    return now[0]


def _judge(seen: tuple[str, str | None], said: Sequence[VerdictRow]) -> tuple[str, str | None]:
    """State and person by evidence and verdicts."""
    told = next((row.person for row in said if row.is_person), None)
    if told is not None:
        return str(State.NAMED), told
    if seen[1] in {row.person for row in said}:
        return str(State.UNKNOWN), None
    return seen
