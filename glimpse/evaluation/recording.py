"""One recording against a table of who is in it, from when to when."""

import csv
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from glimpse.errors import SettingsError
from glimpse.evaluation.clips import FollowedFace, follow_faces
from glimpse.people import Gallery
from recognizer.gallery.names import normalise_name

__all__ = ["RecordingEvaluation", "evaluate_recording"]

PERSON, FROM, TO = ("person", "who"), ("from", "first_seconds"), ("to", "last_seconds")
"""Accepted names of the columns; the second ones are those of a report's tracks.csv."""
NOBODY = ("", "unknown", "stranger")
SLACK_SECONDS = 1.0  # by which the table may be wrong


@dataclass(frozen=True, slots=True)
class Presence:
    """Somebody who is in a recording from one moment to another, seconds. person: None for a stranger."""

    person: str | None
    first: float
    last: float


@dataclass(frozen=True, slots=True)
class Answer:
    """What a run said of one presence. named_at: when the right name came, seconds of the recording; None: never.

    face_px: median height of the face that was named, pixels.
    """

    presence: Presence
    named_at: float | None = None
    face_px: float | None = None


@dataclass(frozen=True, slots=True)
class FalseName:
    """A followed face that was called somebody who is not there then, by the table. first, last: seconds."""

    person: str
    track: int
    first: float
    last: float
    face_px: float


@dataclass(frozen=True)
class RecordingEvaluation:
    """tracks: how many faces were followed.  false_alarm: the setting that judged them."""

    answers: tuple[Answer, ...]
    false_names: tuple[FalseName, ...]
    tracks: int
    false_alarm: float

    @property
    def people(self) -> list[Answer]:
        return [answer for answer in self.answers if answer.presence.person is not None]

    @property
    def named(self) -> int:
        """How many presences of people got their name."""
        return sum(answer.named_at is not None for answer in self.people)


def evaluate_recording(
    recording: str | os.PathLike[str],
    truth: str | os.PathLike[str],
    gallery: Gallery,
    *,
    on_file: Callable[[str], None] = lambda path: None,
) -> RecordingEvaluation:
    """Run on a recording, and compare what it says with a table of who is in it.

    truth: a CSV file with the columns person, from and to, in seconds or h:mm:ss; an empty person, `unknown` or
    `stranger` is somebody who is not enrolled. A report's tracks.csv with corrected names will do.

    Raises SettingsError for the table, and SourceError for the recording.
    """
    presences = read_truth(Path(truth).expanduser())
    on_file(str(recording))
    followed = follow_faces(Path(recording).expanduser(), gallery)
    return RecordingEvaluation(
        tuple(_answer(presence, followed) for presence in presences),
        tuple(_false_names(presences, followed)),
        len(followed),
        gallery.models.decider.rule.false_alarm,
    )


def read_truth(path: Path) -> list[Presence]:
    """The rows of a table of truth. Raises SettingsError, which names the line."""
    if not path.is_file():
        raise SettingsError(f"truth {path}: no such file")
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            table = csv.DictReader(file)
            columns = [_column(path, table.fieldnames or (), names) for names in (PERSON, FROM, TO)]
            found = [_presence(path, table.line_num, row, columns) for row in table]
    except (UnicodeDecodeError, csv.Error) as error:
        raise SettingsError(f"truth {path}: expected a CSV file in UTF-8 ({error})") from error
    if not found:
        raise SettingsError(f"truth {path}: expected at least one row, found none")
    return found


def parse_moment(text: str) -> float:
    """Seconds of `75`, `1:15`, `1:15.5` or `0:01:15`. Raises ValueError."""
    parts = [float(part) for part in text.strip().split(":")]
    if not 1 <= len(parts) <= 3 or not all(0 <= part < float("inf") for part in parts):
        raise ValueError(text)
    seconds = 0.0
    for part in parts:
        seconds = 60 * seconds + part
    return seconds


def _column(path: Path, columns: Sequence[str], names: tuple[str, ...]) -> str:
    for column in columns:
        if column.strip().casefold() in names:
            return column
    raise SettingsError(f"truth {path}: expected columns person, from and to, found {', '.join(columns) or 'none'}")


def _presence(path: Path, line: int, row: Mapping[str, str | None], columns: Sequence[str]) -> Presence:
    person, first, last = (row[column] or "" for column in columns)
    try:
        presence = Presence(_person(person), parse_moment(first), parse_moment(last))
    except ValueError:
        raise SettingsError(
            f"truth {path}, line {line}: expected seconds or h:mm:ss in from and to, got {first!r} and {last!r}"
        ) from None
    if presence.last < presence.first:
        raise SettingsError(f"truth {path}, line {line}: expected to after from, got {first!r} and {last!r}")
    return presence


def _person(text: str) -> str | None:
    name = normalise_name(text.strip())
    return None if name.casefold() in NOBODY else name


def _answer(presence: Presence, followed: Sequence[FollowedFace]) -> Answer:
    """The earliest naming in time."""
    namings = [
        (change.time, face.record.median_px)
        for face in followed
        for change in face.record.changes
        if presence.person is not None and change.person == presence.person and _is_in(change.time, presence)
    ]
    return Answer(presence, *min(namings)) if namings else Answer(presence)


def _false_names(presences: Sequence[Presence], followed: Sequence[FollowedFace]) -> Iterator[FalseName]:
    for face in followed:
        wrong = [
            change.person
            for change in face.record.changes
            if change.person is not None
            and not any(each.person == change.person and _is_in(change.time, each) for each in presences)
        ]
        for person in dict.fromkeys(wrong):
            record = face.record
            yield FalseName(person, record.track, record.first, record.last, record.median_px)


def _is_in(time: float, presence: Presence) -> bool:
    return presence.first - SLACK_SECONDS <= time <= presence.last + SLACK_SECONDS
