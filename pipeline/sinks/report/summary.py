"""The figures above the details: how much was seen, who was named, and how that depends on face size."""

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.sinks.report.records import TrackRecord
from recognizer.base import State

BANDS = ((0.0, 12.0), (12.0, 16.0), (16.0, 24.0), (24.0, 32.0), (32.0, float("inf")))
STATES = (State.NAMED, State.CANDIDATE, State.AMBIGUOUS, State.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Person:
    """Everything one named person was seen in; `best` is the track with the highest score."""

    name: str
    records: list[TrackRecord]

    @property
    def best(self) -> TrackRecord:
        return max(self.records, key=lambda record: record.evidence.score if record.evidence else 0.0)

    @property
    def seconds(self) -> float:
        return sum(record.duration for record in self.records)

    @property
    def cameras(self) -> list[str]:
        return sorted({record.camera for record in self.records})


@dataclass(frozen=True, slots=True)
class Band:
    """Tracks whose median face height lies in one range of pixels, counted by state."""

    label: str
    counts: dict[State, int]

    @property
    def total(self) -> int:
        return sum(self.counts.values())


def people(records: Sequence[TrackRecord]) -> list[Person]:
    """Named people, the longest seen first."""
    found: dict[str, list[TrackRecord]] = {}
    for record in records:
        if record.state is State.NAMED and record.person is not None:
            found.setdefault(record.person, []).append(record)
    return sorted((Person(*item) for item in found.items()), key=lambda person: (-person.seconds, person.name))


def bands(records: Sequence[TrackRecord]) -> list[Band]:
    """The bands that hold any track, smallest faces first."""
    made = []
    for low, high in BANDS:
        inside = [record.state for record in records if low <= record.median_px < high]
        label = (
            f"under {high:.0f} px" if not low else f"{low:.0f} to {high:.0f} px" if high < 1e9 else f"{low:.0f} px up"
        )
        made.append(Band(label, {state: inside.count(state) for state in STATES}))
    return [band for band in made if band.total]


def count(records: Sequence[TrackRecord]) -> dict[State, int]:
    """Tracks by state."""
    states = [record.state for record in records]
    return {state: states.count(state) for state in STATES}


def worth_showing(records: Sequence[TrackRecord], limit: int) -> list[TrackRecord]:
    """At most `limit` tracks: named first, then the undecided, then the largest faces; in their own order."""
    if len(records) <= limit:
        return list(records)
    rank = {State.NAMED: 0, State.AMBIGUOUS: 1, State.CANDIDATE: 1, State.UNKNOWN: 2}
    order = sorted(range(len(records)), key=lambda n: (rank[records[n].state], -records[n].median_px, n))
    return [records[n] for n in sorted(order[:limit])]
