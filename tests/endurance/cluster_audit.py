"""Counts what became of the named events of workers: lost, received twice, and made by two workers at once."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from pipeline.client import Gap, Item
from pipeline.events import CameraEvent, Event, IdentityEvent, TrackAction, TrackEvent, topic


class Key(NamedTuple):
    """What tells an event from all others."""

    node: str
    epoch: str
    topic: str
    seq: int


@dataclass(frozen=True)
class Verdict:
    """named: events of names that workers made.  lost: of these, not received.  twice: received again.

    doubled: events of a frame of a camera that another worker had taken over before.  gaps: told as lost to clients.
    """

    named: int
    lost: int
    twice: int
    doubled: int
    gaps: int


def judge(kept: Mapping[str, Sequence[Event]], received: Mapping[str, Sequence[Item]]) -> Verdict:
    """By node, what its outbox holds and what its client got."""
    items = [item for got in received.values() for item in got]
    got = [item for item in items if not isinstance(item, Gap)]
    counts = Counter(map(key_of, _named(got)))
    stored = {key_of(event) for events in kept.values() for event in _named(events)}
    return Verdict(
        named=len(stored | counts.keys()),
        lost=len(stored - counts.keys()),
        twice=sum(count - 1 for count in counts.values()),
        doubled=len(doubled(got)),
        gaps=sum(isinstance(item, Gap) and "/health/" not in item.topic for item in items),
    )


def doubled(events: Iterable[Event]) -> list[Event]:
    """Events about a frame of a camera that arrived after another worker had the camera live, before its own turn.

    The end of a track is no such event: it closes what was there before.
    """
    found: list[Event] = []
    owner: dict[str, str] = {}
    for event in sorted({key_of(event): event for event in events}.values(), key=lambda event: event.wall_time):
        if isinstance(event, CameraEvent):
            if event.state.value == "live":
                owner[event.camera] = f"{event.node} {event.epoch}"
        elif _shows_frame(event) and owner.get(event.camera) not in (None, f"{event.node} {event.epoch}"):
            found.append(event)
    return found


def _shows_frame(event: Event) -> bool:
    return isinstance(event, IdentityEvent) or (isinstance(event, TrackEvent) and event.action is not TrackAction.END)


def _named(events: Iterable[Event]) -> list[IdentityEvent]:
    return [event for event in events if isinstance(event, IdentityEvent)]


def key_of(event: Event) -> Key:
    """Of an event."""
    return Key(event.node, event.epoch, topic(event), event.seq)
