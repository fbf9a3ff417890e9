"""Writes the events of many nodes into one stream, each exactly once, whenever the process is killed.

A client delivers at least once, and in order within a topic. The last number of each topic and the client's position
are written in the same transaction as the events: what comes again is recognised, also after the event was deleted.
"""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

import msgspec

from pipeline.bus.position import Item, Position
from pipeline.bus.reorder import Gap
from pipeline.events import AlertEvent, Event, SampleEvent, encode, topic
from pipeline.history.database import Database

_last_seqs: msgspec.json.Decoder[dict[str, int]] = msgspec.json.Decoder(dict[str, int])
_SET_SOURCE = (
    "INSERT INTO sources VALUES (?, ?, ?, ?, ?) ON CONFLICT (address) DO UPDATE SET"
    " node = excluded.node, epoch = excluded.epoch, last_seq = excluded.last_seq, arrived = excluded.arrived"
)
_SET_HEAD = "INSERT INTO heads VALUES (?, ?, ?) ON CONFLICT (run, topic) DO UPDATE SET seq = excluded.seq"
MAX_NUMBER = (1 << 63) - 1
MAX_TEXT_BYTES = 400  # of a name in an index; PostgreSQL takes 2,700 in all


class Batch(NamedTuple):
    """What arrived of one source. position: behind it, where all earlier events are in; None: leave it."""

    items: Sequence[Item]
    position: Position | None


class StreamWriter:
    """Adds to a stream. Two writers of one database take turns, and store an event that both have once.

    clock: Unix seconds, noted with each entry; nothing is ordered by it. Raises like `Database`.
    """

    def __init__(self, database: Database, *, clock: Callable[[], float] = time.time) -> None:
        self.database, self._clock = database, clock

    def position(self, address: str) -> Position | None:
        """After which event the client of this source goes on; None for a new source."""
        found = self.database.rows("SELECT epoch, last_seq FROM sources WHERE address = ?", (address,))
        return Position(found[0][0], _last_seqs.decode(found[0][1])) if found and found[0][0] else None

    def add(self, batches: Mapping[str, Batch]) -> int:
        """Add what arrived from sources, by their addresses, in one transaction; returns how many entries are new."""
        with self.database.writing():
            return sum(self._add_batch(address, batch) for address, batch in batches.items())

    def _add_batch(self, address: str, batch: Batch) -> int:
        now, heads = self._clock(), _Heads(self.database)
        events = [item for item in batch.items if not isinstance(item, Gap)]
        new = [event for event in events if can_be_kept(event) and heads.advance(event)]
        self._insert([(heads.run(event), topic(event), event.seq, now, self._body(event)) for event in new])
        heads.save()
        for gap in batch.items:
            if isinstance(gap, Gap):
                self._add_gap(address, gap, now)
        self._note_source(address, events, batch.position, now)
        return len(new)

    def _insert(self, rows: Sequence[tuple[int, str, int, float, bytes]]) -> None:
        for row in rows:
            self.database.change("INSERT INTO events (run, topic, seq, arrived, body) VALUES (?, ?, ?, ?, ?)", row)
        size = sum(len(row[-1]) for row in rows)
        self.database.change("UPDATE figures SET value = value + ? WHERE name = 'bytes'", (size,))

    def _body(self, event: Event) -> bytes:
        body = encode(event)
        return self.database.cipher.seal(body) if isinstance(event, SampleEvent | AlertEvent) else body

    def _add_gap(self, address: str, gap: Gap, now: float) -> None:
        values = (address, gap.epoch, gap.topic, gap.first, gap.last, int(gap.open_end), now)
        self.database.change("INSERT INTO gaps VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING", values)

    def _note_source(self, address: str, events: Sequence[Event], position: Position | None, now: float) -> None:
        found = self.database.rows("SELECT node, epoch, last_seq FROM sources WHERE address = ?", (address,))
        node, epoch, last_seq = found[0] if found else ("", "", "{}")
        if position:
            epoch, last_seq = position.epoch, msgspec.json.encode(position.last_seq).decode()
        node = events[-1].node if events else node
        self.database.change(_SET_SOURCE, (address, node, epoch, last_seq, now))


class _Heads:
    """The last stored number of each topic of the runs in one batch, read within its transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._runs: dict[tuple[str, str], int] = {}
        self._last: dict[tuple[int, str], int] = {}
        self._changed: set[tuple[int, str]] = set()

    def advance(self, event: Event) -> bool:
        """Whether this event comes after all that is stored of its topic and run; it counts as stored then."""
        key = (self.run(event), topic(event))
        if event.seq <= self._last.get(key, -1):
            return False
        self._last[key] = event.seq
        self._changed.add(key)
        return True

    def run(self, event: Event) -> int:
        key = (event.node, event.epoch)
        if key not in self._runs:
            self._runs[key] = self._find(*key)
        return self._runs[key]

    def save(self) -> None:
        for run, name in sorted(self._changed):
            self._database.change(_SET_HEAD, (run, name, self._last[run, name]))

    def _find(self, node: str, epoch: str) -> int:
        found = self._database.rows("SELECT id FROM runs WHERE node = ? AND epoch = ?", (node, epoch))
        if not found:
            found = self._database.rows("INSERT INTO runs (node, epoch) VALUES (?, ?) RETURNING id", (node, epoch))
        run = int(found[0][0])
        rows = self._database.rows("SELECT topic, seq FROM heads WHERE run = ?", (run,))
        self._last |= {(run, name): seq for name, seq in rows}
        return run


def can_be_kept(event: Event) -> bool:
    """Whether names and numbers have a size that a database takes, and no NUL, which PostgreSQL does not take."""
    texts: Iterable[str] = (event.node, event.epoch, topic(event))
    return 0 <= event.seq <= MAX_NUMBER and all(
        len(text.encode()) <= MAX_TEXT_BYTES and "\0" not in text for text in texts
    )
