"""Who was seen when, one timeline per camera: a row per named person, then the tracks nobody could name.

Bars that overlap go into lanes of a row. Positions are percentages, so that the page scales without any script.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.sinks.report.records import TrackRecord
from pipeline.sinks.report.words import clock, spoken
from recognizer.base import State

MAX_LANES = 48
_NARROWEST = 0.5
_STEPS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400)


@dataclass(frozen=True, slots=True)
class Bar:
    """One track: left and width in per cent of the time axis; the first `waiting` per cent of it before the name."""

    name: str
    state: State
    lane: int
    left: float
    width: float
    waiting: float
    text: str


@dataclass(frozen=True, slots=True)
class Row:
    """One person, or all tracks of one state that names nobody."""

    label: str
    state: State
    lanes: int
    bars: list[Bar]

    @property
    def pitch(self) -> int:
        """Pixels from lane to lane: crowds get thinner bars, not a page of their own."""
        return 18 if self.lanes <= 8 else 12 if self.lanes <= 24 else 8


@dataclass(frozen=True, slots=True)
class Timeline:
    """One camera's rows under one time axis; ticks are (per cent, label)."""

    ticks: list[tuple[float, str]]
    rows: list[Row]


def timeline(records: Sequence[TrackRecord], *, live: bool = False) -> Timeline:
    """Lay out the tracks of one camera; an axis in wall time for live cameras, in media time for recordings."""
    spans = [span(record, live=live) for record in records]
    start = min((first for first, _ in spans), default=0.0)
    start = start if live else min(0.0, start) if start < 60 else start
    length = max(max((last for _, last in spans), default=0.0) - start, 0.1)
    groups: dict[tuple[int, str], list[TrackRecord]] = {}
    for record in records:
        groups.setdefault(_group(record), []).append(record)
    names = sorted((key for key in groups if key[0] == 0), key=lambda key: groups[key][0].first)
    keys = names + sorted(key for key in groups if key[0] > 0)
    axis = (start, length)
    return Timeline(_ticks(axis, live=live), [_row(key, groups[key], axis, live=live) for key in keys])


def span(record: TrackRecord, *, live: bool) -> tuple[float, float]:
    """First and last second: Unix time for live cameras, whose media time starts anew with every connection."""
    return (record.first_wall, record.last_wall) if live else (record.first, record.last)


def _group(record: TrackRecord) -> tuple[int, str]:
    order = (State.NAMED, State.AMBIGUOUS, State.CANDIDATE, State.UNKNOWN).index(record.state)
    return order, (record.person or "") if record.state is State.NAMED else record.state.value


def _row(key: tuple[int, str], records: Sequence[TrackRecord], axis: tuple[float, float], *, live: bool) -> Row:
    free: list[float] = []
    bars: list[Bar] = []
    for record in records:
        first, last = span(record, live=live)
        width = max(_NARROWEST, 100 * (last - first) / axis[1])
        left = min(100 * (first - axis[0]) / axis[1], 100 - width)
        lane = next((number for number, end in enumerate(free) if end <= left), len(free))
        lane = min(lane, MAX_LANES - 1)
        free[lane : lane + 1] = [left + width]
        bars.append(Bar(record.name, record.state, lane, left, width, _waiting(record), spoken(record, live=live)))
    state = records[0].state
    return Row(key[1] if state is State.NAMED else f"{state.value} ({len(records)})", state, len(free), bars)


def _waiting(record: TrackRecord) -> float:
    if record.named_at is None or record.duration <= 0:
        return 0.0
    return min(100.0, max(0.0, 100 * (record.named_at - record.first) / record.duration))


def _ticks(axis: tuple[float, float], *, live: bool) -> list[tuple[float, str]]:
    start, length = axis
    step = next((step for step in _STEPS if length / step <= 8), length / 8)
    first = math.ceil(start / step - 1e-6)
    count = int((start + length) / step + 1e-6) - first + 1
    times = [(first + n) * step for n in range(count)]
    return [(100 * (time - start) / length, clock(time, live=live, tenths=step < 1)) for time in times]
