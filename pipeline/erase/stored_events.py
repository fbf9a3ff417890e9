"""Events that a database keeps as encoded bodies, in rows of their own: an outbox, or the one stream of many nodes.

The name is overwritten in each, and templates and crops of the person's tracks with zeros; every event stays where it
is, and as long as it was.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator

from configs.at_rest import StoreCipher, is_sealed
from pipeline.erase.events import (
    TrackKey,
    blank_sample,
    is_alert,
    is_sample,
    mask_event,
    people_of,
    record_of,
    sample_traces,
    spans_of_event,
    track_of,
)
from pipeline.erase.person import Person


class StoredEvents(ABC):
    """The rows of one open database. cipher: opens and seals those that may hold faces."""

    def __init__(self, cipher: StoreCipher) -> None:
        self.cipher = cipher

    @abstractmethod
    def stored(self) -> Iterator[tuple[int, bytes]]:
        """Every row and its body, as it is stored."""

    @abstractmethod
    def stored_at(self, row: int) -> bytes:
        """The body of one row, as it is stored."""

    @abstractmethod
    def replace(self, row: int, body: bytes) -> None:
        """Give a row another body, in the transaction of the caller."""

    def bodies(self) -> Iterator[tuple[int, bytes]]:
        """Every row and its body, opened. Raises KeyNeededError without the key; a sealed one that is damaged can be
        read by nobody."""
        for row, stored in self.stored():
            body = self.cipher.open_sound(stored) if isinstance(stored, bytes) else stored
            if body is not None:
                yield row, body


def people_in(events: StoredEvents) -> set[str]:
    """Names of people."""
    return {name for _, body in events.bodies() for name in people_of(body)}


def traces_in(events: StoredEvents, person: Person) -> Iterator[bytes]:
    """Templates and crops of the person's tracks, and sealed events with them as they are stored."""
    tracks = _tracks_of(events, person)
    for row, body in events.bodies():
        if _is_sample_of(body, tracks):
            yield from sample_traces(body)
            if is_sealed(stored := events.stored_at(row)):
                yield stored


def records_in(events: StoredEvents, person: Person) -> Iterator[bytes]:
    """Events with the name, without names of others and without pictures."""
    for _, body in events.bodies():
        if spans_of_event(body, person):
            yield record_of(blank_sample(body), person)


def erase_events(events: StoredEvents, person: Person) -> str:
    """Overwrite name, templates and crops, in the transaction of the caller; says what was done, empty for nothing."""
    tracks = _tracks_of(events, person)
    named = [row for row, body in events.bodies() if spans_of_event(body, person)]
    samples = [row for row, body in events.bodies() if _is_sample_of(body, tracks)]
    for row in sorted({*named, *samples}):
        stored = events.stored_at(row)
        body = events.cipher.open(stored)
        masked = mask_event(body, person)
        masked = blank_sample(masked) if _is_sample_of(body, tracks) else masked
        events.replace(row, events.cipher.seal(masked) if is_sealed(stored) else masked)
    parts = [f"name overwritten in {len(named)} events"] * bool(named)
    return ", ".join([*parts, *[f"{len(samples)} templates and crops overwritten"] * bool(samples)])


def _tracks_of(events: StoredEvents, person: Person) -> set[TrackKey]:
    """Every track that was or may have been this person, by any of its events."""
    found = (track_of(body) for _, body in events.bodies() if spans_of_event(body, person))
    return {track for track in found if track}


def _is_sample_of(body: bytes, tracks: set[TrackKey]) -> bool:
    """Whether an event is a sample or an alert of one of these tracks whose pictures were not erased yet."""
    return (is_sample(body) or is_alert(body)) and track_of(body) in tracks and any(True for _ in sample_traces(body))
