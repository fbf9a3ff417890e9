"""Compares a run's events with a clip's ground truth: who was followed and named, when, and at what size.

A name counts for the person whose face its box covers at that moment, so a track that jumps to another person gives a
wrong name.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rich.table import Table

from tests.synthetic.video import Box, Truth

Event = Mapping[str, Any]
_STATES = {
    "unknown": "resembles nobody enough",
    "candidate": "the evidence is too weak",
    "ambiguous": "resembles two people alike",
    "named": "was named",
}


@dataclass
class Fate:
    """What happened to one person. Pixels are true face heights; None: it never happened."""

    name: str
    enrolled: bool
    in_view: tuple[float, float]  # from, to: media seconds
    followed: tuple[float, float] | None = None  # media second, pixels
    named: tuple[float, float] | None = None
    wrong: list[tuple[float, float, str]] = field(default_factory=list)  # media second, pixels, name
    last: str = ""  # state and reasons of the newest evidence


def fates(truth: Truth, names: Sequence[str], enrolled: set[str], events: Sequence[Event]) -> list[Fate]:
    """Everybody in the clip by number, with what the events say about them."""
    found = {
        number: Fate(names[number], names[number] in enrolled, in_view)
        for number, in_view in _times_in_view(truth).items()
    }
    for event, number, px in locate_events(truth, events):
        if number is not None:
            _note(found[number], event, px)
    return list(found.values())


def names_on_nobody(truth: Truth, events: Sequence[Event]) -> list[Event]:
    """Identity events that name a box where no face is."""
    return [event for event, number, _ in locate_events(truth, events) if number is None and event.get("person")]


def locate_events(truth: Truth, events: Sequence[Event]) -> Iterator[tuple[Event, int | None, float]]:
    """Track and identity events, each with the number of the person it lies on and the true face height in pixels."""
    for event in events:
        if event["kind"] in ("track", "identity"):
            boxes = truth.boxes[min(round(event["media_time"] * truth.fps), len(truth.boxes) - 1)]
            x, y = (event["box"][0] + event["box"][2]) / 2, (event["box"][1] + event["box"][3]) / 2
            candidates = [number for number, box in boxes.items() if _contains(box, x, y)]
            heights = {number: boxes[number][3] - boxes[number][1] for number in candidates}
            number = max(heights, key=heights.__getitem__, default=None)  # the larger face is nearer, so it is in front
            yield event, number, 0.0 if number is None else heights[number]


def _times_in_view(truth: Truth) -> dict[int, tuple[float, float]]:
    frames: dict[int, list[int]] = {}
    for index, boxes in enumerate(truth.boxes):
        for number in boxes:
            frames.setdefault(number, []).append(index)
    return {number: (indices[0] / truth.fps, indices[-1] / truth.fps) for number, indices in sorted(frames.items())}


def _contains(box: Box, x: float, y: float) -> bool:
    return box[0] <= x <= box[2] and box[1] <= y <= box[3]


def _note(person: Fate, event: Event, px: float) -> None:
    moment = (float(event["media_time"]), px)
    if event["kind"] == "track" and event["action"] != "end":
        person.followed = person.followed or moment
    if event["kind"] == "identity" and event["person"] == person.name:
        person.named = person.named or moment
    elif event["kind"] == "identity" and event["person"]:
        person.wrong.append((*moment, event["person"]))
    if event["evidence"]:
        person.last = f"{_STATES[event['evidence']['state']]}: {'; '.join(event['evidence']['reasons'])}"


def fates_table(found: Sequence[Fate], metres: Callable[[float], float] | None) -> Table:
    """One row per person. metres: the distance of a face of so many pixels."""
    table = Table("person", "in view", "first followed", "first named", "wrong names", box=None, pad_edge=False)
    for person in found:
        wrong_names = [f"{name} at {_moment((when, px), metres)}" for when, px, name in person.wrong]
        wrong = f"[bold white on red]{'; '.join(wrong_names)}[/]" if wrong_names else "none"
        named = _moment(person.named, metres) if person.enrolled else "[dim]not enrolled[/]"
        in_view = f"{person.in_view[0]:.1f} to {person.in_view[1]:.1f} s"
        table.add_row(person.name, in_view, _moment(person.followed, metres), named, wrong)
    return table


def _moment(moment: tuple[float, float] | None, metres: Callable[[float], float] | None) -> str:
    if moment is None:
        return "never"
    away = f", {metres(moment[1]):.0f} m" if metres else ""
    return f"{moment[0]:.1f} s, {moment[1]:.0f} px{away}"
