"""A report: pictures of the person's tracks are destroyed, page and table lose the name.

A track counts as the person's if any of its events names them, as a candidate too. Which pictures these are is known
from `events.jsonl` and `tracks.csv`, so those lose the name last.
"""

import base64
import csv
import html
import io
import json
import re
from codecs import BOM_UTF8
from collections.abc import Iterator
from pathlib import Path

from pipeline.erase.events import EventsStore, tracks_of
from pipeline.erase.overwrite import destroy, overwrite
from pipeline.erase.person import Person, Span
from pipeline.erase.store import IncompleteError
from pipeline.sinks.report.tracks_csv import COLUMNS

_HEADER = ",".join(COLUMNS[:3]).encode()
_CODE = re.compile(rb"<(style|script)\b.*?</\1>", re.DOTALL)
_PICTURE = re.compile(rb'src="data:image/jpeg;base64,(?P<data>[A-Za-z0-9+/=]+)"')
_ENROLLED = re.compile(
    rb'src="data:image/webp;base64,(?P<data>[A-Za-z0-9+/=]+)" alt="Enrolled picture of (?P<person>[^"]*)"'
)
RUNNING = b"The run was still in progress when this page was written."


class ReportStore:
    """A folder of `--report`, known by its `tracks.csv`."""

    kind = "report"

    def recognises(self, path: Path) -> bool:
        with path.open("rb") as file:
            return file.read(len(BOM_UTF8) + len(_HEADER)).removeprefix(BOM_UTF8).startswith(_HEADER)

    def people(self, path: Path) -> Iterator[str]:
        yield from {name for row in _rows(path) if (name := row["person"])}

    def traces(self, path: Path, person: Person) -> Iterator[bytes]:
        for picture in _pictures(path, person):
            if picture.exists():
                yield picture.read_bytes()
        page = path.with_name("index.html")
        yield from (_decode(match) for match in _enrolled(page.read_bytes() if page.exists() else b"", person))

    def records(self, path: Path, person: Person) -> Iterator[bytes]:
        rows = (row for row in _rows(path) if _names(row, person))
        yield from (json.dumps({"kind": "track of a report"} | row, ensure_ascii=False).encode() for row in rows)

    def erase(self, path: Path, person: Person) -> str:
        page = path.with_name("index.html")
        pictures = [picture for picture in _pictures(path, person) if picture.exists()]
        found = [picture.read_bytes() for picture in pictures]
        in_page = _erase_in_page(page, person, found) if page.exists() else 0
        for picture in pictures:
            destroy(picture)
        in_table = overwrite(path, person.spans_of_lines(path.read_bytes()))
        if page.exists() and RUNNING in page.read_bytes() and (in_page or in_table):
            raise IncompleteError("the run has not ended and may write the page again; run this again when it has")
        parts = [f"{len(pictures)} picture{'s' * (len(pictures) != 1)} destroyed"] * bool(pictures)
        parts += [f"{in_page} places of the page and {in_table} of tracks.csv overwritten"] * bool(in_page or in_table)
        return ", ".join(parts)


def films_of_erased(path: Path) -> list[Path]:
    """The annotated films, which show faces and draw names, in a report that somebody was erased from."""
    events = path.with_name("events.jsonl")
    names = {row["person"] for row in _rows(path)} | set(EventsStore().people(events) if events.exists() else ())
    return sorted(path.parent.glob("*.mp4")) if any(name and not name.strip("*") for name in names) else []


def _erase_in_page(page: Path, person: Person, pictures: list[bytes]) -> int:
    """Overwrite the name and these pictures; an image whose source is overwritten by spaces shows its description."""
    data = page.read_bytes()
    overwrite(page, (match.span("data") for match in _enrolled(data, person)), b" ")
    wanted = {base64.b64encode(picture) for picture in pictures}
    overwrite(page, (match.span() for match in _PICTURE.finditer(data) if match["data"] in wanted), b" ")
    code = [match.span() for match in _CODE.finditer(data)]
    return overwrite(page, (span for span in person.spans_of_lines(data) if not _within(span, code)))


def _enrolled(page: bytes, person: Person) -> list[re.Match[bytes]]:
    """The enrolled pictures of a person in a page; they come from the gallery and are in no other file of a report."""
    names = ((match, match["person"].decode("utf-8", "replace")) for match in _ENROLLED.finditer(page))
    return [match for match, name in names if person.is_named(html.unescape(name))]


def _decode(match: re.Match[bytes]) -> bytes:
    return base64.b64decode(match["data"] + b"=" * (-len(match["data"]) % 4))


def _within(span: Span, others: list[Span]) -> bool:
    return any(first <= span[0] and span[1] <= last for first, last in others)


def _pictures(path: Path, person: Person) -> list[Path]:
    """The pictures of every track that was or may have been this person."""
    tracks = {(row["camera"].removeprefix("'"), row["track"]) for row in _rows(path) if _names(row, person)}
    events = path.with_name("events.jsonl")
    if events.exists() and EventsStore().recognises(events):
        tracks |= {(camera, str(track)) for camera, track in tracks_of(events, person)}
    return [path.parent / "faces" / f"{camera}-{track}.jpg" for camera, track in sorted(tracks)]


def _names(row: dict[str, str], person: Person) -> bool:
    return person.is_named(row["person"].removeprefix("'")) or bool(person.spans(row["reasons"] or ""))


def _rows(path: Path) -> list[dict[str, str]]:
    text = path.read_bytes().removeprefix(BOM_UTF8).decode("utf-8", "surrogateescape")
    return [row for row in csv.DictReader(io.StringIO(text, newline="")) if row.get("person") is not None]
