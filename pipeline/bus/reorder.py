"""Puts the events of one topic in order, drops duplicates, and tracks which are missing. No sockets, no clock."""

from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.events import Event


@dataclass(frozen=True, slots=True)
class Gap:
    """Events `first` to `last` (inclusive) of one topic and run, which are lost for good.

    open_end: how the run ended is not known: none, one or more events from `first` on may be lost (`last` equals
    `first`). If nothing at all is known of the run, `topic` is the prefix that was subscribed to.
    """

    topic: str
    epoch: str
    first: int
    last: int
    open_end: bool = False


class ReorderBuffer:
    """The events of one topic in one run.

    expected: the seq of the next event to release; None: that of whichever event comes first.
    """

    def __init__(self, topic: str, epoch: str, expected: int | None) -> None:
        self.topic = topic
        self.epoch = epoch
        self.expected = expected
        self._buffered: dict[int, Event] = {}
        self._last_published = -1

    @property
    def size(self) -> int:
        """The number of events held back because earlier ones are missing."""
        return len(self._buffered)

    def push(self, event: Event) -> Iterator[Event]:
        """Add an event and yield those that are now in order; an event already released is dropped."""
        if self.expected is None:
            self.expected = event.seq
        if event.seq >= self.expected:
            self._buffered.setdefault(event.seq, event)
        yield from self._release()

    def note_published(self, seq: int) -> None:
        """Record that events up to `seq` were published, whether or not they arrived."""
        if self.expected is None:
            self.expected = seq + 1
        self._last_published = max(self._last_published, seq)

    def note_lost(self, seq: int, *, first: int) -> None:
        """Record that the event `seq` was published and cannot be had. first: where a topic not seen before begins."""
        if self.expected is None:
            self.expected = first
        self._last_published = max(self._last_published, seq)

    @property
    def missing(self) -> tuple[int, int] | None:
        """First and last seq of the earliest run of missing events."""
        if self.expected is None:
            return None
        last = min(self._buffered) - 1 if self._buffered else self._last_published
        return (self.expected, last) if last >= self.expected else None

    def skip_missing(self, last: int | None = None) -> Iterator[Event | Gap]:
        """Stop waiting for missing events up to `last` (None: for all); yield a Gap for each run of them."""
        while (missing := self.missing) and (last is None or missing[0] <= last):
            end = missing[1] if last is None else min(missing[1], last)
            self.expected = end + 1
            yield Gap(self.topic, self.epoch, missing[0], end)
            yield from self._release()

    def _release(self) -> Iterator[Event]:
        while self.expected in self._buffered:
            event = self._buffered.pop(self.expected)
            self.expected += 1
            yield event
