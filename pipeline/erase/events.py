"""Events, in a file of JSON lines or as the bodies of an outbox: the name gives way to asterisks of the same length.

What was seen stays, without who it was, so that counts and sequence numbers remain right. Only the fields that hold
people are looked at; a camera may be called like somebody.
"""

import base64
import json
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from pipeline.erase.overwrite import overwrite
from pipeline.erase.person import Person, Span, byte_spans

_TEXT = rb'"(?:[^"\\]|\\.)*"'
_NAMED = re.compile(rb'"(?P<field>person|previous|previous_person)"\s*:\s*(?P<text>' + _TEXT + rb")")
_REASONS = re.compile(rb'"reasons"\s*:\s*\[(?P<text>(?:\s*,?\s*' + _TEXT + rb")*)")
_TOLD = re.compile(rb'"(?:text|rule)"\s*:\s*(?P<text>' + _TEXT + rb")")  # of an alert: a sentence with names
_ALERT = re.compile(rb'\s*\{\s*"kind"\s*:\s*"alert"')
_SAMPLE = re.compile(rb'\s*\{\s*"kind"\s*:\s*"sample"')
_PICTURED = re.compile(rb'("(?:template|crop)"\s*:\s*")(?P<text>[A-Za-z0-9+/=]*)"')
_FIRST_LINE = re.compile(
    rb'\s*\{(?=[^\n]*"kind"\s*:\s*"(?:track|identity|camera|health|person|alert)")(?=[^\n]*"epoch"\s*:)'
)

TrackKey = tuple[str, str, int]


class EventsStore:
    """A file of `--events`, and `events.jsonl` of a report."""

    kind = "events"

    def recognises(self, path: Path) -> bool:
        with path.open("rb") as file:
            return bool(_FIRST_LINE.match(file.read(64 << 10)))

    def people(self, path: Path) -> Iterator[str]:
        with path.open("rb") as file:
            yield from {name for line in file for name in people_of(line)}

    def traces(self, path: Path, person: Person) -> Iterator[bytes]:
        return iter(())

    def records(self, path: Path, person: Person) -> Iterator[bytes]:
        with path.open("rb") as file:
            yield from (record_of(line.strip(), person) for line in file if spans_of_event(line, person))

    def erase(self, path: Path, person: Person) -> str:
        start = lines = 0
        spans: list[Span] = []
        with path.open("rb") as file:
            for line in file:
                found = spans_of_event(line, person)
                spans += [(start + first, start + last) for first, last in found]
                lines, start = lines + bool(found), start + len(line)
        overwrite(path, spans)
        return f"name overwritten in {lines} events" if lines else ""


def people_of(event: bytes) -> Iterator[str]:
    """Names of people in one encoded event."""
    for match in _NAMED.finditer(event):
        with suppress(ValueError):
            yield str(json.loads(match["text"]))


def spans_of_event(event: bytes, person: Person) -> list[Span]:
    """Where the name stands in one encoded event, in bytes; of one that says that two names are of one person, both."""
    names = list(_NAMED.finditer(event))
    named = [match for match in names if person.is_named(_decode(match["text"]))]
    if named and any(match["field"] == b"previous_person" for match in names):
        named = names
    found = [(match.start("text") + 1, match.end("text") - 1) for match in named]  # between the quotes
    sentences = _TOLD.finditer(event) if is_alert(event) else iter(())
    for match in (*_REASONS.finditer(event), *sentences):
        text = match["text"]
        inner = byte_spans(text, person.spans(text.decode("utf-8", "surrogateescape")))
        found += [(match.start("text") + first, match.start("text") + last) for first, last in inner]
    return found


def tracks_of(path: Path, person: Person) -> set[tuple[str, int]]:
    """(camera, track) of every track that was or may have been this person, by a file of events."""
    found = set()
    with path.open("rb") as file:
        for line in file:
            if spans_of_event(line, person):
                with suppress(ValueError, KeyError, TypeError):
                    event = json.loads(line)
                    found.add((str(event["camera"]), int(event["track"])))
    return found


def track_of(event: bytes) -> TrackKey | None:
    """(epoch, camera, track) of one encoded event; None for one that is of no track."""
    with suppress(ValueError, KeyError, TypeError):
        fields = json.loads(event)
        return str(fields["of_epoch" if is_alert(event) else "epoch"]), str(fields["camera"]), int(fields["track"])
    return None


def is_sample(event: bytes) -> bool:
    """Whether one encoded event holds a template and a crop."""
    return _SAMPLE.match(event) is not None


def is_alert(event: bytes) -> bool:
    """Whether one encoded event is an alert, whose sentence may hold a name and which may hold a crop."""
    return _ALERT.match(event) is not None


def sample_traces(event: bytes) -> Iterator[bytes]:
    """Template and crop of one encoded sample, where they were not erased."""
    for match in _PICTURED.finditer(event):
        with suppress(ValueError):
            data = base64.b64decode(match["text"])
            if any(data):
                yield data


def blank_sample(event: bytes) -> bytes:
    """One encoded sample with as many zeros for its template and its crop."""
    return _PICTURED.sub(lambda match: match[1] + re.sub(rb"[^=]", b"A", match["text"]) + b'"', event)


def mask_event(event: bytes, person: Person) -> bytes:
    """One encoded event with the name overwritten."""
    masked = bytearray(event)
    for first, last in spans_of_event(event, person):
        masked[first:last] = b"*" * (last - first)
    return bytes(masked)


def record_of(event: bytes, person: Person) -> bytes:
    """One encoded event as it may be handed to this person: other people in it are called `***`."""
    for name in {name for name in people_of(event) if not person.is_named(name)}:
        event = mask_event(event, Person(name).knowing([person.name]))
    return event


def _decode(text: bytes) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return None
