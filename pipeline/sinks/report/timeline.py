"""Lays out a timeline per camera: a row for each named person, then one for the tracks of each other state.

Bars that overlap go into separate lanes. Positions are percentages, so that the page scales without a script.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.sinks.report.describe import describe_track, format_clock
from pipeline.sinks.report.records import TrackRecord
from pipeline.site.site_time import local
from recognizer.base import State

MAX_LANES = 48
_MIN_WIDTH_PERCENT = 0.5
_MAX_TICKS = 8
_MIN_LENGTH_SECONDS = 0.1
# A recording's axis begins at 0 unless its first track begins after this time.
_ZERO_START_SECONDS = 60
_TICK_SECONDS = (
    *(0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900),
    *(1800, 3600, 7200, 14400, 43200, 86400),
)
_STATE_ORDER = (State.NAMED, State.AMBIGUOUS, State.CANDIDATE, State.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Bar:
    """One track. left, width: per cent of the time axis.  unnamed_percent: the part of its width before the name."""

    name: str
    state: State
    lane: int
    left: float
    width: float
    unnamed_percent: float
    text: str


@dataclass(frozen=True, slots=True)
class Row:
    """The tracks of one person, or all tracks of one state other than named."""

    label: str
    state: State
    lanes: int
    bars: list[Bar]

    @property
    def lane_px(self) -> int:
        """Height of a lane in pixels: crowds get thinner bars."""
        return 18 if self.lanes <= 8 else 12 if self.lanes <= 24 else 8


@dataclass(frozen=True, slots=True)
class Timeline:
    """The rows of one camera and their time axis; ticks are (per cent, label)."""

    ticks: list[tuple[float, str]]
    rows: list[Row]


def lay_out_timeline(records: Sequence[TrackRecord], *, live: bool = False) -> Timeline:
    """Lay out the tracks of one camera; the axis is wall time for live cameras and media time for recordings."""
    spans = [time_span(record, live=live) for record in records]
    start = min((first for first, _ in spans), default=0.0)
    if not live and start < _ZERO_START_SECONDS:
        start = min(0.0, start)
    length = max(max((last for _, last in spans), default=0.0) - start, _MIN_LENGTH_SECONDS)
    groups: dict[tuple[int, str], list[TrackRecord]] = {}
    for record in records:
        groups.setdefault(_group_key(record), []).append(record)
    people = sorted((key for key in groups if key[0] == 0), key=lambda key: groups[key][0].first)
    keys = people + sorted(key for key in groups if key[0] > 0)
    axis = (start, length)
    return Timeline(_place_ticks(axis, live=live), [_place_bars(key, groups[key], axis, live=live) for key in keys])


def time_span(record: TrackRecord, *, live: bool) -> tuple[float, float]:
    """Return first and last second: Unix time for live cameras, as their media time restarts on reconnection."""
    return (record.first_wall, record.last_wall) if live else (record.first, record.last)


def _group_key(record: TrackRecord) -> tuple[int, str]:
    order = _STATE_ORDER.index(record.state)
    return order, (record.person or "") if record.state is State.NAMED else record.state.value


def _place_bars(key: tuple[int, str], records: Sequence[TrackRecord], axis: tuple[float, float], *, live: bool) -> Row:
    start, length = axis
    lane_ends: list[float] = []
    bars: list[Bar] = []
    for record in records:
        first, last = time_span(record, live=live)
        width = max(_MIN_WIDTH_PERCENT, 100 * (last - first) / length)
        left = min(100 * (first - start) / length, 100 - width)
        lane = next((number for number, end in enumerate(lane_ends) if end <= left), len(lane_ends))
        lane = min(lane, MAX_LANES - 1)
        lane_ends[lane : lane + 1] = [left + width]
        text = describe_track(record, live=live)
        bars.append(Bar(record.name, record.state, lane, left, width, _unnamed_percent(record), text))
    state = records[0].state
    label = key[1] if state is State.NAMED else f"{state.value} ({len(records)})"
    return Row(label, state, len(lane_ends), bars)


def _unnamed_percent(record: TrackRecord) -> float:
    if record.named_at is None or record.duration <= 0:
        return 0.0
    return min(100.0, max(0.0, 100 * (record.named_at - record.first) / record.duration))


def _place_ticks(axis: tuple[float, float], *, live: bool) -> list[tuple[float, str]]:
    start, length = axis
    step = next((step for step in _TICK_SECONDS if length / step <= _MAX_TICKS), length / _MAX_TICKS)
    offset = _utc_offset(start) if live else 0.0  # ticks stand at round local times
    first = math.ceil((start + offset) / step - 1e-6)
    count = int((start + offset + length) / step + 1e-6) - first + 1
    times = [(first + n) * step - offset for n in range(count)]
    return [(100 * (time - start) / length, format_clock(time, live=live, tenths=step < 1)) for time in times]


def _utc_offset(seconds: float) -> float:
    """Seconds by which local time is ahead of UTC at a Unix time."""
    offset = local(seconds).utcoffset()
    return offset.total_seconds() if offset else 0.0
