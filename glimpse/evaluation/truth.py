"""The table of truth of recordings: who is in view, from when to when; every bad row is named by its line."""

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from glimpse.errors import SettingsError
from pipeline.sinks.spreadsheet import cell_text
from pipeline.site.site_time import parse
from recognizer.gallery.names import normalise_name, printable

PERSON, FROM, TO = ("person", "who"), ("from", "first_seconds"), ("to", "last_seconds")
"""Accepted names of the columns; the second ones are those of a report's tracks.csv."""
PLACE, SIZE = ("clip", "camera"), ("face_px", "size")
NOBODY = ("", "unknown", "stranger")
SHOWN = 10  # bad rows that an error lists
_DATED = re.compile(r"\d{4}-\d{2}-\d{2}[T ]")


@dataclass(frozen=True, slots=True)
class Presence:
    """Somebody who is in view from one moment to another. person: None for a stranger.

    first, last: seconds of the recording, or Unix seconds where `is_dated`.  place: the clip or camera, as the table
    names it; empty: there is only one.  face_px: height of the face as the table gives it, pixels.  line: of the table.
    table: its file.  given: how the table writes the times.
    """

    person: str | None
    first: float
    last: float
    place: str = ""
    face_px: float | None = None
    is_dated: bool = False
    line: int = 0
    table: Path = field(default=Path(), compare=False)
    given: str = field(default="", compare=False)

    @property
    def where(self) -> str:
        """How errors name the row: file and line."""
        return f"truth {self.table}, line {self.line}"


def read_truth(path: Path) -> list[Presence]:
    """The rows of a table of truth. Raises SettingsError, which names the lines and what was expected there."""
    if not path.is_file():
        raise SettingsError(f"truth {path}: no such file")
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            table = csv.DictReader(file)
            columns = _columns(path, table.fieldnames or ())
            rows = [(table.line_num, row) for row in table]
    except (UnicodeDecodeError, csv.Error) as error:
        raise SettingsError(f"truth {path}: expected a CSV file in UTF-8 ({error})") from error
    found, bad = _read_rows(rows, columns)
    if bad:
        more = [f"… and {len(bad) - SHOWN} more bad rows"] if len(bad) > SHOWN else []
        raise SettingsError("\n".join([*(f"truth {path}, {fault}" for fault in bad[:SHOWN]), *more]))
    if not found:
        raise SettingsError(f"truth {path}: expected at least one row, found none")
    return [replace(presence, table=path) for presence in found]


def parse_moment(text: str) -> float:
    """Seconds of `75`, `1:15`, `1:15.5` or `0:01:15`. Raises ValueError."""
    parts = [float(part) for part in text.strip().split(":")]
    if not 1 <= len(parts) <= 3 or not all(0 <= part < float("inf") for part in parts):
        raise ValueError(text)
    seconds = 0.0
    for part in parts:
        seconds = 60 * seconds + part
    return seconds


def parse_date(text: str) -> float:
    """Unix seconds of `2026-11-27T10:00:05+01:00`; of the site without an offset. Raises ValueError."""
    if not re.match(r"\s*\d{4}-", text):  # 01:15 is a position in a recording
        raise ValueError(text)
    return parse(text, "time")


@dataclass(frozen=True, slots=True)
class _Columns:
    """How the table calls each column; empty: it has none."""

    person: str
    first: str
    last: str
    place: str
    face_px: str


def _columns(path: Path, names: Sequence[str]) -> _Columns:
    found = [_find(names, wanted) for wanted in (PERSON, FROM, TO, PLACE, SIZE)]
    if not all(found[:3]):
        raise SettingsError(f"truth {path}: expected columns person, from and to, found {', '.join(names) or 'none'}")
    return _Columns(*found)


def _find(names: Sequence[str], wanted: Sequence[str]) -> str:
    """The column that is called so; the first of `wanted` that is there."""
    known = {name.strip().casefold(): name for name in reversed(names)}
    return next((known[name] for name in wanted if name in known), "")


def _read_rows(
    rows: Sequence[tuple[int, Mapping[str, str | None]]], columns: _Columns
) -> tuple[list[Presence], list[str]]:
    """The rows that can be used, and what is wrong with the others."""
    found: list[Presence] = []
    bad: list[str] = []
    for line, row in rows:
        try:
            found.append(_presence(line, row, columns))
        except ValueError as error:
            bad.append(f"line {line}: {error}")
    return found, bad


def _presence(line: int, row: Mapping[str, str | None], columns: _Columns) -> Presence:
    """Raises ValueError, which says what was expected."""
    person, first, last = (_text(row, column) for column in (columns.person, columns.first, columns.last))
    dated = [bool(_DATED.match(text)) for text in (first, last)]
    times = _times(first, last, is_dated=all(dated))
    if times[1] < times[0]:
        raise ValueError(f"expected to after from, got {first!r} and {last!r}")
    place = _text(row, columns.place) if columns.place else ""
    return Presence(
        _person(person), *times, place, _size(row, columns.face_px), all(dated), line, given=f"{first} to {last}"
    )


def _text(row: Mapping[str, str | None], column: str) -> str:
    return cell_text((row[column] or "").strip())


def _times(first: str, last: str, *, is_dated: bool) -> tuple[float, float]:
    parse = parse_date if is_dated else parse_moment
    try:
        return parse(first), parse(last)
    except (ValueError, OverflowError):
        expected = "expected seconds or h:mm:ss in from and to, or a date and time in both"
        raise ValueError(f"{expected}, got {first!r} and {last!r}") from None


def _size(row: Mapping[str, str | None], column: str) -> float | None:
    text = (row[column] or "").strip() if column else ""
    if not text:
        return None
    try:
        size = float(text)
    except ValueError:
        size = 0.0
    if not 0 < size < 1e5:
        raise ValueError(f"expected pixels above 0 or nothing in face_px, got {text!r}")
    return size


def _person(text: str) -> str | None:
    name = normalise_name(text)
    return None if name.casefold() in NOBODY else name


def iterate_unknown(presences: Sequence[Presence], enrolled: Sequence[str]) -> Iterator[str]:
    """A sentence for each row about somebody who is not enrolled: with a name, nobody can be told to be a stranger."""
    for presence in presences:
        if presence.person is not None and presence.person not in enrolled:
            name = printable(presence.person)
            yield f"{presence.where}: expected somebody enrolled, or stranger, got {name}"
