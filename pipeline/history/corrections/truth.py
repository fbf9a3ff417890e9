"""Who tracks really were, as far as operators said it: the truth that `glimpse evaluate --truth` reads."""

import csv
from collections.abc import Iterator, Sequence
from typing import IO, NamedTuple

from pipeline.history.corrections.track_state import PART
from pipeline.history.database import Database
from pipeline.sinks.spreadsheet import plain_cell
from pipeline.site.site_time import iso

COLUMNS = ("camera", "person", "from", "to", "face_px", "track")
STRANGER = "stranger"
ALWAYS = (-1e15, 1e15)


class SaidTrack(NamedTuple):
    """A track of which an operator said who it is. person: None where they only said who it is not.

    first_seen, last_seen: Unix seconds.  face_px: of its largest face, pixels.
    """

    track: int
    camera: str
    first_seen: float
    last_seen: float
    face_px: float
    person: str | None


def said_tracks(database: Database, *, since: float = ALWAYS[0], before: float = ALWAYS[1]) -> Iterator[SaidTrack]:
    """Tracks that operators confirmed or corrected, by camera and time. since, before: of first_seen, Unix seconds."""
    query = (
        "SELECT tracks.id, camera, first_seen, last_seen, face_px,"
        " max(CASE WHEN is_person = 1 THEN verdicts.person END)"
        " FROM verdicts JOIN tracks ON tracks.id = verdicts.track WHERE first_seen >= ? AND first_seen < ?"
        " GROUP BY tracks.id, camera, first_seen, last_seen, face_px ORDER BY camera, first_seen, tracks.id"
    )
    for row in database.rows(query, (since, before)):
        yield SaidTrack(*row)


def confirmed_tracks(database: Database, tracks: Sequence[int]) -> dict[int, str]:
    """Who each of these tracks is, where an operator said it of this very track; not where they named a whole group,
    which a recogniser put together."""
    marks = ", ".join("?" * len(tracks)) or "NULL"
    query = (
        "SELECT verdicts.track, verdicts.person, audit.details FROM verdicts JOIN audit ON audit.id = verdicts.audit"
        f" WHERE is_person = 1 AND verdicts.track IN ({marks})"
    )
    return {
        int(track): str(person) for track, person, details in database.rows(query, tuple(tracks)) if PART not in details
    }


def write_truth(file: IO[str], tracks: Iterator[SaidTrack], *, strangers: bool) -> tuple[int, int]:
    """Write a table of truth, times as local time with its offset; returns how many rows, and how many left out. A
    spreadsheet runs no name as a formula (`plain_cell`).

    strangers: also write tracks of which it was only said who they are not, as strangers.
    """
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(COLUMNS)
    written = left = 0
    for track in tracks:
        if track.person is None and not strangers:
            left += 1
            continue
        times = map(_local, (track.first_seen, track.last_seen))
        who = plain_cell(track.person or STRANGER)
        writer.writerow((plain_cell(track.camera), who, *times, f"{track.face_px:.1f}", track.track))
        written += 1
    return written, left


def _local(moment: float) -> str:
    return iso(moment, "milliseconds")
