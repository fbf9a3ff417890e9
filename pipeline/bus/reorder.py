"""Puts the events of one topic in order, once each, and knows which are missing. No sockets and no clock in here."""

from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.events import Event


@dataclass(frozen=True, slots=True)
class Gap:
    """Events `first` to `last` (both included) of one topic and run, which cannot be had any more."""

    topic: str
    epoch: str
    first: int
    last: int


class Sequence:
    """One topic in one run. expected: the next seq to give out; None: whatever comes first."""

    def __init__(self, topic: str, epoch: str, expected: int | None) -> None:
        self.topic = topic
        self.epoch = epoch
        self.expected = expected
        self._held: dict[int, Event] = {}
        self._known = -1

    @property
    def held(self) -> int:
        """How many events are held back because earlier ones are missing."""
        return len(self._held)

    def offer(self, event: Event) -> Iterator[Event]:
        """Take one event, give what is now in order; what was given before is dropped."""
        if self.expected is None:
            self.expected = event.seq
        if event.seq >= self.expected:
            self._held.setdefault(event.seq, event)
        yield from self._drain()

    def learn(self, seq: int) -> None:
        """Events up to `seq` were published, whether or not they came here."""
        if self.expected is None:
            self.expected = seq + 1
        self._known = max(self._known, seq)

    @property
    def missing(self) -> tuple[int, int] | None:
        """First and last seq of the earliest run of missing events."""
        if self.expected is None:
            return None
        last = min(self._held) - 1 if self._held else self._known
        return (self.expected, last) if last >= self.expected else None

    def give_up(self, last: int | None = None) -> Iterator[Event | Gap]:
        """Stop waiting for missing events up to `last` (None: for all of them): each run of them becomes a Gap."""
        while (missing := self.missing) and (last is None or missing[0] <= last):
            end = missing[1] if last is None else min(missing[1], last)
            self.expected = end + 1
            yield Gap(self.topic, self.epoch, missing[0], end)
            yield from self._drain()

    def _drain(self) -> Iterator[Event]:
        while self.expected in self._held:
            event = self._held.pop(self.expected)
            self.expected += 1
            yield event
