"""Holds what a client received against what the nodes sent and kept."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from pipeline.client import Gap, Item
from pipeline.events import Event, IdentityEvent, TrackAction, TrackEvent, topic

RECORDING = "recording"  # camera of a recording that is resumed after each kill
RESUMED = "-resumed"


class Key(NamedTuple):
    """What tells an event from all others."""

    epoch: str
    topic: str
    seq: int


@dataclass(frozen=True)
class Record:
    """Everything of some runs that are over. sent: what a plain subscriber heard; it misses the first of each run."""

    sent: Sequence[Event]
    kept: Sequence[Event]
    received: Sequence[Item]


@dataclass(frozen=True)
class Verdict:
    """What became of the events.

    heard: by the plain subscriber.  emitted: heard or kept.  heard_only: heard, and not kept.
    lost: kept, and not received; told: by a Gap.
    twice: events that came again.  disordered: events after a later one of their topic.
    changed: sent or received otherwise than they were kept.  endless: tracks without an end for the client.
    repeated: events of a recording that a resumed run made again; told: by the name of that run.
    """

    runs: int
    heard: int
    emitted: int
    kept: int
    heard_only: int
    received: int
    lost_told: int
    lost_untold: int
    twice: int
    disordered: int
    changed: int
    tracks: int
    endless: int
    repeated_told: int
    repeated_untold: int

    @property
    def lost(self) -> int:
        return self.lost_told + self.lost_untold

    @property
    def faults(self) -> list[str]:
        """A sentence for each kind of fault."""
        counts = {
            "kept events were lost without a Gap": self.lost_untold,
            "kept events were reported as lost": self.lost_told,
            "events came twice": self.twice,
            "events came after a later one of their topic": self.disordered,
            "events were sent or received otherwise than they were kept": self.changed,
            "tracks that were new never ended": self.endless,
            "events of a recording came again and did not say so": self.repeated_untold,
        }
        return [f"{count} {what}" for what, count in counts.items() if count]


def judge(record: Record) -> Verdict:
    """Compare what was sent, kept and received."""
    sent, kept = _by_key(record.sent), _by_key(record.kept)
    events = [item for item in record.received if not isinstance(item, Gap)]
    gaps = [item for item in record.received if isinstance(item, Gap)]
    received = _by_key(events)
    lost = kept.keys() - received.keys()
    told = {key for key in lost if any(_covers(gap, key) for gap in gaps)}
    began, ended = _tracks([*record.sent, *record.kept, *events], TrackAction.NEW), _tracks(events, TrackAction.END)
    repeated = _find_repeated(events)
    repeated_told = sum(event.epoch.endswith(RESUMED) for event in repeated)
    return Verdict(
        runs=len({key.epoch for key in sent.keys() | kept.keys()}),
        heard=len(sent),
        emitted=len(sent.keys() | kept.keys()),
        kept=len(kept),
        heard_only=len(sent.keys() - kept.keys()),
        received=len(received),
        lost_told=len(told),
        lost_untold=len(lost - told),
        twice=sum(count - 1 for count in Counter(map(key_of, events)).values()),
        disordered=_count_disordered(events),
        changed=sum(event != other.get(key, event) for other in (sent, received) for key, event in kept.items()),
        tracks=len(began),
        endless=len(began - ended),
        repeated_told=repeated_told,
        repeated_untold=len(repeated) - repeated_told,
    )


def key_of(event: Event) -> Key:
    """What tells it from all others."""
    return Key(event.epoch, topic(event), event.seq)


def _by_key(events: Iterable[Event]) -> dict[Key, Event]:
    return {key_of(event): event for event in events}


def _covers(gap: Gap, key: Key) -> bool:
    """Whether a Gap says that this event is lost; one with an open end may name the prefix that was subscribed to."""
    if gap.epoch != key.epoch or key.seq < gap.first:
        return False
    return key.topic.startswith(gap.topic) if gap.open_end else gap.topic == key.topic and key.seq <= gap.last


def _count_disordered(events: Iterable[Event]) -> int:
    newest: dict[tuple[str, str], int] = defaultdict(lambda: -1)
    count = 0
    for epoch, name, seq in dict.fromkeys(map(key_of, events)):
        count += seq < newest[epoch, name]
        newest[epoch, name] = max(newest[epoch, name], seq)
    return count


def _tracks(events: Iterable[Event], action: TrackAction) -> set[tuple[str, str, int]]:
    return {
        (event.epoch, event.camera, event.track)
        for event in events
        if isinstance(event, TrackEvent) and event.action is action
    }


def _find_repeated(events: Iterable[Event]) -> list[Event]:
    """What an earlier run said of the same moment of the recording."""
    said: dict[tuple[object, ...], str] = {}
    of_tracks = (event for event in events if isinstance(event, TrackEvent | IdentityEvent))
    return [
        event
        for event in of_tracks
        if event.camera == RECORDING
        and said.setdefault((type(event), event.track, event.action, event.media_time), event.epoch) != event.epoch
    ]
