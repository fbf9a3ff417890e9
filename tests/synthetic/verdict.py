"""What a run said, held against what was really there: who was followed and named when, how small, and how far away.

The surprising decision: names are judged by place, not by track. A name counts as somebody's if it was given to a box
that lies on their face at that moment; so a track that goes over to somebody else shows as the wrong name it is.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rich.table import Table

from tests.synthetic.video import Box, Truth

Event = Mapping[str, Any]


@dataclass
class Person:
    """One person's time in view. Sizes are true face heights in pixels; None: it never happened."""

    name: str
    enrolled: bool
    seen: tuple[float, float]  # media seconds
    followed: tuple[float, float] | None = None  # media second, pixels
    named: tuple[float, float] | None = None
    wrong: list[tuple[float, float, str]] = field(default_factory=list)  # second, pixels, the name given
    last: str = ""  # what the evidence came to


def people(truth: Truth, names: Sequence[str], enrolled: set[str], events: Sequence[Event]) -> list[Person]:
    """Everybody of the truth in order of number, with what the events say of them."""
    found = {number: Person(names[number], names[number] in enrolled, seen) for number, seen in _times(truth).items()}
    for event, number, px in placed(truth, events):
        if number is not None:
            _note(found[number], event, px)
    return list(found.values())


def on_nobody(truth: Truth, events: Sequence[Event]) -> list[Event]:
    """Identity events that name a place where nobody's face was."""
    return [event for event, number, _ in placed(truth, events) if number is None and event.get("person")]


def placed(truth: Truth, events: Sequence[Event]) -> Iterator[tuple[Event, int | None, float]]:
    """Track and identity events, with whose face they are on, and its true height in pixels."""
    for event in events:
        if event["kind"] in ("track", "identity"):
            boxes = truth.boxes[min(round(event["media_time"] * truth.fps), len(truth.boxes) - 1)]
            x, y = (event["box"][0] + event["box"][2]) / 2, (event["box"][1] + event["box"][3]) / 2
            over = [number for number, box in boxes.items() if _holds(box, x, y)]
            heights = {one: boxes[one][3] - boxes[one][1] for one in over}
            number = max(heights, key=heights.__getitem__, default=None)  # the nearer one is in front
            yield event, number, 0.0 if number is None else heights[number]


def _times(truth: Truth) -> dict[int, tuple[float, float]]:
    frames: dict[int, list[int]] = {}
    for index, boxes in enumerate(truth.boxes):
        for number in boxes:
            frames.setdefault(number, []).append(index)
    return {number: (some[0] / truth.fps, some[-1] / truth.fps) for number, some in sorted(frames.items())}


def _holds(box: Box, x: float, y: float) -> bool:
    return box[0] <= x <= box[2] and box[1] <= y <= box[3]


def _note(person: Person, event: Event, px: float) -> None:
    moment = (float(event["media_time"]), px)
    if event["kind"] == "track" and event["action"] != "end":
        person.followed = person.followed or moment
    if event["kind"] == "identity" and event["person"] == person.name:
        person.named = person.named or moment
    elif event["kind"] == "identity" and event["person"]:
        person.wrong.append((*moment, event["person"]))
    if event["evidence"]:
        person.last = f"{event['evidence']['state']}: {'; '.join(event['evidence']['reasons'])}"


def told(found: Sequence[Person], metres: Callable[[float], float] | None) -> Table:
    """One row each; `metres` says how far away a face of so many pixels is."""
    table = Table("person", "in view", "first followed", "first named", "wrong names", box=None, pad_edge=False)
    for one in found:
        given = [f"{name} at {_moment((when, px), metres)}" for when, px, name in one.wrong]
        wrong = f"[bold white on red]{'; '.join(given)}[/]" if given else "none"
        named = _moment(one.named, metres) if one.enrolled else "[dim]not enrolled[/]"
        seen = f"{one.seen[0]:.1f} to {one.seen[1]:.1f} s"
        table.add_row(one.name, seen, _moment(one.followed, metres), named, wrong)
    return table


def _moment(moment: tuple[float, float] | None, metres: Callable[[float], float] | None) -> str:
    if moment is None:
        return "never"
    away = f", {metres(moment[1]):.1f} m" if metres else ""
    return f"{moment[0]:.1f} s, {moment[1]:.0f} px{away}"
