"""Who was seen in a run, for the end of it: a table for people, or the same as JSON."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from pipeline.events import Evidence
from pipeline.sinks.report.describe import format_clock, format_duration
from pipeline.sinks.report.records import CameraRecord, TrackRecord
from pipeline.sinks.report.summary import PersonSummary, count_by_state, group_by_person
from pipeline.site.site_time import abbreviation, iso, local
from recognizer.base import State

VERY_SURE, SURE = 1e-5, 1e-4
"""Chances that a stranger reaches the score, below which a name is called so."""

MAX_WIDTH = 10_000  # columns, of lines that nobody folds


@dataclass(frozen=True, slots=True)
class Sighting:
    """Where and when somebody was seen. seconds: media time.  wall: Unix seconds."""

    camera: str
    seconds: float
    wall: float


@dataclass(frozen=True)
class Outcome:
    """What a run has seen. cameras: in the order of reading.  live: times are times of day.  compared: with a gallery.

    report: the page of the report, empty without one.  resume: the command that goes on, empty where nothing is left.
    """

    tracks: Sequence[TrackRecord]
    cameras: Sequence[CameraRecord]
    live: bool = False
    compared: bool = True
    report: str = ""
    resume: str = ""

    @property
    def people(self) -> list[PersonSummary]:
        """The one seen longest first."""
        return group_by_person(self.tracks)

    def first(self, person: PersonSummary) -> Sighting:
        """When somebody was first seen, recordings in the order of reading."""
        record = min(person.records, key=lambda record: self._order(record, record.first, record.first_wall))
        return Sighting(record.camera, record.first, record.first_wall)

    def last(self, person: PersonSummary) -> Sighting:
        """When somebody was last seen."""
        record = max(person.records, key=lambda record: self._order(record, record.last, record.last_wall))
        return Sighting(record.camera, record.last, record.last_wall)

    def _order(self, record: TrackRecord, seconds: float, wall: float) -> tuple[float, float]:
        names = [camera.name for camera in self.cameras]
        return (wall, 0.0) if self.live else (names.index(record.camera), seconds)


def print_outcome(outcome: Outcome, console: Console) -> None:
    """Print a table with a row for each person, and sentences on the others, the report and how to go on."""
    if outcome.people:
        _print_wide(_table(outcome), console)
    for sentence in sentences(outcome):
        console.print(Text(sentence), soft_wrap=True)


def log_lines(outcome: Outcome) -> Iterator[str]:
    """The same for a log whose every line stands by itself: one for each person, then the sentences."""
    for person in outcome.people:
        evidence, zone = person.best.evidence, _zone(outcome)
        parts = [
            f"first seen {_format_sighting(outcome, outcome.first(person))}{zone}",
            f"last seen {_format_sighting(outcome, outcome.last(person))}{zone}",
            f"in view {format_duration(person.seconds)}",
            f"face {person.median_px:.0f} px",
            *([describe_certainty(evidence)] if evidence else []),
        ]
        yield f"{person.name}: {', '.join(parts)}"
    yield from sentences(outcome)


def sentences(outcome: Outcome) -> Iterator[str]:
    """What a person should know beside the table."""
    if not outcome.compared:
        yield (
            "Nobody was compared: no gallery was given. Enrol people from a folder of photographs for each with "
            "`glimpse enroll FOLDER --gallery people.db`, then add --gallery people.db."
        )
    elif not outcome.people:
        yield "Nobody was named."
    yield describe_others(outcome.tracks)
    if outcome.report:
        yield f"Report: {outcome.report}"
    else:
        yield "For pictures, times and reasons on a page, add --report DIR."
    if outcome.resume:
        yield f"The run was stopped before the end. To go on: {outcome.resume}"


def describe_others(tracks: Sequence[TrackRecord]) -> str:
    """How many tracks have no name, by state, in one line."""
    counts = count_by_state(tracks)
    candidates = sorted({track.person for track in tracks if track.state is State.CANDIDATE and track.person})
    shown = ", ".join(f"{name}?" for name in candidates[:3]) + ", …" * (len(candidates) > 3)
    parts = [f"{counts[State.CANDIDATE]} too uncertain ({shown})"] * bool(counts[State.CANDIDATE])
    parts += [f"{counts[State.AMBIGUOUS]} between two people"] * bool(counts[State.AMBIGUOUS])
    parts += [f"{counts[State.UNKNOWN]} unknown"] * bool(counts[State.UNKNOWN])
    if not tracks:
        return "No face was seen."
    return f"Faces without a name: {', '.join(parts)}." if parts else "Every face has a name."


def describe_certainty(evidence: Evidence) -> str:
    """How sure a name is: in words, by how rarely a stranger reaches the score, then score and threshold."""
    chance = evidence.false_alarm
    if evidence.score < evidence.threshold:
        words = "barely"
    elif chance is None:
        words = "sure enough"
    else:
        words = "very sure" if chance < VERY_SURE else "sure" if chance < SURE else "sure enough"
    return f"{words}: {evidence.score:.2f}, needed {evidence.threshold:.2f}"


def outcome_to_json(outcome: Outcome) -> dict[str, Any]:
    """The same as plain data. Times of recordings are seconds from their start, those of cameras ISO 8601 with zone."""
    counts = count_by_state(outcome.tracks)
    return {
        "compared": outcome.compared,
        "people": [_person_to_json(outcome, person) for person in outcome.people],
        "not_named": {state.value: counts[state] for state in (State.CANDIDATE, State.AMBIGUOUS, State.UNKNOWN)},
        "sources": [
            {"name": camera.name, "frames": camera.frames, "seconds": round(camera.seconds, 3), "state": camera.state}
            for camera in outcome.cameras
        ],
        "report": outcome.report or None,
        "resume": outcome.resume or None,
    }


def _person_to_json(outcome: Outcome, person: PersonSummary) -> dict[str, Any]:
    evidence = person.best.evidence
    return {
        "name": person.name,
        "first_seen": _sighting_to_json(outcome.first(person), live=outcome.live),
        "last_seen": _sighting_to_json(outcome.last(person), live=outcome.live),
        "seconds": round(person.seconds, 3),
        "face_px": person.median_px,
        "score": evidence.score if evidence else None,
        "threshold": evidence.threshold if evidence else None,
        "false_alarm": evidence.false_alarm if evidence else None,
        "tracks": len(person.records),
    }


def _sighting_to_json(sighting: Sighting, *, live: bool) -> dict[str, Any]:
    if live:
        return {"source": sighting.camera, "time": iso(sighting.wall, "milliseconds")}
    return {"source": sighting.camera, "seconds": round(sighting.seconds, 3)}


def _table(outcome: Outcome) -> Table:
    zone = _zone(outcome)
    table = Table(
        "who", f"first seen{zone}", f"last seen{zone}", "in view", "face", "how sure", box=None, pad_edge=False
    )
    for person in outcome.people:
        evidence = person.best.evidence
        table.add_row(
            Text(person.name, style="bold"),
            _format_sighting(outcome, outcome.first(person)),
            _format_sighting(outcome, outcome.last(person)),
            format_duration(person.seconds),
            f"{person.median_px:.0f} px",
            describe_certainty(evidence) if evidence else "",
        )
    return table


def _zone(outcome: Outcome) -> str:
    """Of times of day, in brackets; empty for times in recordings."""
    return f" ({abbreviation(local(outcome.first(outcome.people[0]).wall))})" if outcome.live else ""


def _format_sighting(outcome: Outcome, sighting: Sighting) -> Text:
    clock = format_clock(sighting.wall if outcome.live else sighting.seconds, live=outcome.live)
    return Text(f"{clock} {sighting.camera}" if len(outcome.cameras) > 1 else clock)


def _print_wide(table: Table, console: Console) -> None:
    """Print to a file or a log without folding names; a terminal's width is kept."""
    width = console.width
    if not console.is_terminal:
        wide = Measurement.get(console, console.options.update(width=MAX_WIDTH), table).maximum
        console.width = max(width, wide)
    console.print(table, highlight=False)
    console.width = width
