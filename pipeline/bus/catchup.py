"""What a subscriber must ask for, and in which order it may give events out. No sockets in here.

While an answer that must come first is under way (the snapshot at the start, the rest of a run after a restart), live
events wait in line; a gap within one topic holds back only that topic.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import msgspec

from pipeline.bus.reorder import Gap, Sequence
from pipeline.bus.replay import (
    AnyAnswer,
    ErrorAnswer,
    ReplayAnswer,
    ReplayRequest,
    Request,
    SnapshotAnswer,
    SnapshotRequest,
)
from pipeline.events import SCHEMA_VERSION, Event, HealthEvent, decode, topic

ALL = f"v{SCHEMA_VERSION}/"
MAX_WAITING = 100_000

Item = Event | Gap


class Position(msgspec.Struct, frozen=True):
    """What a consumer has seen: store it (as JSON, say) and give it back as `start` to go on where it stopped."""

    epoch: str = ""
    last_seq: dict[str, int] = {}


Start = Literal["snapshot", "replay", "live"] | Position


@dataclass(slots=True)
class _Asked:
    """A request under way. sequence: whose missing events it fetches, None for the start and for runs in between.
    ahead: live events wait for it.  deadline: None until the node is known to be up."""

    request: Request
    sequence: Sequence | None
    ahead: bool
    deadline: float | None


class CatchUp:
    """Turns live events and answers into `ready` items, in order per topic, each once.

    send: puts a request on its way.  patience: seconds until an answer counts as not coming.
    """

    def __init__(
        self, topics: tuple[str, ...], start: Start, *, send: Callable[[Request], None], patience: float = 3.0
    ) -> None:
        # A Position among the items: once all before it are received, these are the last ones seen.
        self.ready: deque[Item | Position] = deque()
        self._topics = topics
        self._send = send
        self._patience = patience
        self._epoch = ""
        # What a topic seen for the first time begins with: None, as long as it may have begun before we listened.
        self._origin: int | None = None
        self._sequences: dict[tuple[str, str], Sequence] = {}
        self._asked: dict[int, _Asked] = {}
        self._waiting: list[Event] = []
        self._last_id = 0
        self._begin(start)

    @property
    def deadline(self) -> float | None:
        """When `expire` should be called next."""
        return min((asked.deadline for asked in self._asked.values() if asked.deadline is not None), default=None)

    def live(self, event: Event, now: float) -> None:
        """Take one event that was published just now."""
        if any(asked.ahead for asked in self._asked.values()):
            self._wait(event, now)
        elif self._epoch and event.epoch != self._epoch:
            self._restart(event, now)
        else:
            self._epoch = event.epoch
            self._offer(event, now)
            if isinstance(event, HealthEvent):
                self._compare(event.last_seq, now)

    def answered(self, answer: AnyAnswer, now: float) -> None:
        """Take the answer to a request; one that came too late is ignored.

        Raises msgspec.MsgspecError if it holds what is no event: its request then counts as not answered.
        """
        events = [] if isinstance(answer, ErrorAnswer) else [decode(bytes(raw)) for raw in answer.events]
        asked = self._asked.pop(answer.id, None)
        if asked is None:
            return
        if isinstance(answer, ReplayAnswer):
            for event in events:
                self._again(event, asked.sequence)
            if answer.more and isinstance(asked.request, ReplayRequest):
                request = msgspec.structs.replace(asked.request, after=answer.cursor)
                self._ask(request, asked.sequence, ahead=asked.ahead, deadline=now + self._patience)
                return
        elif isinstance(answer, SnapshotAnswer):
            self._begin_from(answer, events)
        if not self._epoch and not isinstance(answer, ErrorAnswer):
            self._epoch, self._origin = answer.epoch, 0
        self._done(asked, now)

    def expire(self, now: float) -> None:
        """Stop waiting for answers that are overdue."""
        late = [key for key, asked in self._asked.items() if asked.deadline is not None and asked.deadline <= now]
        for key in late:
            self._done(self._asked.pop(key), now)

    def _begin(self, start: Start) -> None:
        if isinstance(start, Position):
            self._epoch, self._origin = start.epoch, 0 if start.epoch else None
            for name, seq in start.last_seq.items():
                self._sequence(name, start.epoch).expected = seq + 1
        elif start != "live":
            for prefix in self._topics:
                kind = SnapshotRequest if start == "snapshot" else ReplayRequest
                self._ask(kind(topic=prefix), None, ahead=True, deadline=None)

    def _begin_from(self, answer: SnapshotAnswer, events: list[Event]) -> None:
        events.sort(key=lambda event: (topic(event), event.seq))
        # Topics asked for twice (v1/ and v1/track/) were given with the first answer.
        self.ready.extend(one for one in events if (one.epoch, topic(one)) not in self._sequences)
        self.ready.append(Position(answer.epoch, answer.last_seq))
        for name, seq in answer.last_seq.items():
            self._sequence(name, answer.epoch).expected = seq + 1

    def _ask(self, request: Request, sequence: Sequence | None, *, ahead: bool, deadline: float | None) -> None:
        self._last_id += 1
        request = msgspec.structs.replace(request, id=self._last_id)
        self._asked[self._last_id] = _Asked(request, sequence, ahead, deadline)
        self._send(request)

    def _wanted(self, name: str) -> bool:
        return name.startswith(self._topics)

    def _sequence(self, name: str, epoch: str) -> Sequence:
        if (epoch, name) not in self._sequences:
            origin = self._origin if epoch == self._epoch else None
            self._sequences[epoch, name] = Sequence(name, epoch, origin)
        return self._sequences[epoch, name]

    def _wait(self, event: Event, now: float) -> None:
        self._waiting.append(event)
        for asked in self._asked.values():
            if asked.deadline is None:
                asked.deadline = now + self._patience
            if len(self._waiting) > MAX_WAITING:
                asked.deadline = now

    def _restart(self, event: Event, now: float) -> None:
        """The node began a new run: first the rest of the old one, then runs that came and went in between."""
        old, deadline = self._epoch, now + self._patience
        seen = {
            name: one.expected - 1 for (epoch, name), one in self._sequences.items() if epoch == old and one.expected
        }
        for prefix in self._topics:
            request = ReplayRequest(topic=prefix, since=old, before=event.epoch, seen=seen)
            self._ask(request, None, ahead=True, deadline=deadline)
        self._epoch, self._origin = event.epoch, 0
        self._wait(event, now)

    def _offer(self, event: Event, now: float) -> None:
        name = topic(event)
        if not self._wanted(name):
            return
        sequence = self._sequence(name, event.epoch)
        self.ready.extend(sequence.offer(event))
        self._fetch(sequence, now)

    def _again(self, event: Event, sequence: Sequence | None) -> None:
        # The sequence that asked, even if it is forgotten by now: a new one would take the event for its first.
        if sequence is None:
            sequence = self._sequence(topic(event), event.epoch)
        self.ready.extend(sequence.offer(event))

    def _compare(self, last_seq: dict[str, int], now: float) -> None:
        for name, seq in last_seq.items():
            if self._wanted(name):
                sequence = self._sequence(name, self._epoch)
                if sequence.expected is None:
                    self.ready.append(Position(self._epoch, {name: seq}))
                sequence.learn(seq)
                self._fetch(sequence, now)
        self._origin = 0

    def _fetch(self, sequence: Sequence, now: float) -> None:
        """Ask for what is missing, one request per topic at a time."""
        if sequence.held > MAX_WAITING:
            self.ready.extend(sequence.give_up())
        missing = sequence.missing
        if missing is None or any(asked.sequence is sequence for asked in self._asked.values()):
            return
        first, last = missing
        request = ReplayRequest(topic=sequence.topic, epoch=sequence.epoch, first=first, last=last)
        self._ask(request, sequence, ahead=False, deadline=now + self._patience)

    def _done(self, asked: _Asked, now: float) -> None:
        """What the answer did not bring is lost."""
        sequence = asked.sequence
        if sequence is not None and isinstance(asked.request, ReplayRequest):
            self.ready.extend(sequence.give_up(asked.request.last))
            self._fetch(sequence, now)
        if asked.ahead and not any(other.ahead for other in self._asked.values()):
            self._forget_past_runs()
            waiting, self._waiting = self._waiting, []
            for event in waiting:
                self.live(event, now)

    def _forget_past_runs(self) -> None:
        for sequence in [one for (epoch, _), one in self._sequences.items() if epoch != self._epoch]:
            self.ready.extend(sequence.give_up())
            del self._sequences[sequence.epoch, sequence.topic]
