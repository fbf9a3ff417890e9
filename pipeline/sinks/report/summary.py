"""Counts for the top of the page: people, tracks by state, and tracks by face size."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.sinks.report.records import TrackRecord, median_of_counts
from recognizer.base import State

SIZE_BANDS_PX = ((0.0, 12.0), (12.0, 16.0), (16.0, 24.0), (24.0, 32.0), (32.0, float("inf")))
STATES = (State.NAMED, State.CANDIDATE, State.AMBIGUOUS, State.UNKNOWN)


@dataclass(frozen=True, slots=True)
class PersonSummary:
    """All tracks of one named person."""

    name: str
    records: list[TrackRecord]

    @property
    def best(self) -> TrackRecord:
        """The track with the highest score."""
        return max(self.records, key=lambda record: record.evidence.score if record.evidence else 0.0)

    @property
    def seconds(self) -> float:
        return sum(record.duration for record in self.records)

    @property
    def cameras(self) -> list[str]:
        return sorted({record.camera for record in self.records})

    @property
    def median_px(self) -> float:
        """The lower median of the face heights in all frames of all tracks, in pixels."""
        sizes: Counter[int] = Counter()
        for record in self.records:
            sizes.update(record.size_counts)
        return median_of_counts(sizes) / 10


@dataclass(frozen=True, slots=True)
class SizeBand:
    """The number of tracks by state whose median face height is in one range of pixels."""

    label: str
    counts: dict[State, int]

    @property
    def total(self) -> int:
        return sum(self.counts.values())


def group_by_person(records: Sequence[TrackRecord]) -> list[PersonSummary]:
    """Return the named people, the one seen longest first."""
    groups: dict[str, list[TrackRecord]] = {}
    for record in records:
        if record.state is State.NAMED and record.person is not None:
            groups.setdefault(record.person, []).append(record)
    people = [PersonSummary(name, tracks) for name, tracks in groups.items()]
    return sorted(people, key=lambda person: (-person.seconds, person.name))


def count_by_size(records: Sequence[TrackRecord]) -> list[SizeBand]:
    """Return the bands with at least one track, smallest faces first."""
    bands = []
    for low, high in SIZE_BANDS_PX:
        inside = [record for record in records if low <= record.median_px < high]
        if inside:
            bands.append(SizeBand(_band_label(low, high), count_by_state(inside)))
    return bands


def count_by_state(records: Sequence[TrackRecord]) -> dict[State, int]:
    """Return the number of tracks in each state."""
    states = [record.state for record in records]
    return {state: states.count(state) for state in STATES}


def select_for_page(records: Sequence[TrackRecord], limit: int) -> list[TrackRecord]:
    """Return at most `limit` tracks in their order: named ones first, then undecided ones, then the largest faces."""
    if len(records) <= limit:
        return list(records)
    rank = {State.NAMED: 0, State.AMBIGUOUS: 1, State.CANDIDATE: 1, State.UNKNOWN: 2}
    order = sorted(range(len(records)), key=lambda n: (rank[records[n].state], -records[n].median_px, n))
    return [records[n] for n in sorted(order[:limit])]


def _band_label(low: float, high: float) -> str:
    if not low:
        return f"under {high:.0f} px"
    return f"{low:.0f} to {high:.0f} px" if high < float("inf") else f"{low:.0f} px and more"
