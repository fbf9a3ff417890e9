"""Holds what a node made and what its subscribers received against the promises."""

import math
from array import array
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from zlib import crc32

from pipeline.bus.client import Gap, Item
from pipeline.bus.outbox import Retention
from pipeline.events import Event, IdentityEvent, TrackAction, TrackEvent, encode, topic, topic_of
from tests.simulation.clock import SimulatedClock
from tests.simulation.disk import REAL_CONNECT
from tests.simulation.promises import BrokenPromiseError, Promise

RETENTION = Retention(events=20_000)
SPARE_ROWS = 1000

Stream = tuple[str, str]  # epoch and topic
TrackKey = tuple[str, str, int]  # epoch, camera and number


@dataclass
class OpenTrack:
    """A track that was new and has not ended. first_seq: of the event that said so."""

    first_seq: int
    name: str | None = None


@dataclass
class Ledger:
    """What one subscriber has received: the next seq of each stream.

    joins: the run that it found under way, of which it may miss the beginning; empty for none.
    """

    name: str
    joins: str = ""
    next: dict[Stream, int] = field(default_factory=dict)
    events: int = 0
    lost: int = 0


class Audit:
    """Everything made and received in one simulation.

    outbox: gives the file of the node at this moment.
    """

    def __init__(self, clock: SimulatedClock, outbox: Callable[[], Path]) -> None:
        self._clock, self._outbox = clock, outbox
        self.events = 0
        self.damaged: set[tuple[str, str, int]] = set()
        self._made: dict[Stream, array[int]] = defaultdict(lambda: array("L"))
        self._made_by: Counter[str] = Counter()
        self._received: Counter[Stream] = Counter()  # the next seq of whoever has received most
        self._tracks: dict[TrackKey, OpenTrack] = {}
        self._ended: set[TrackKey] = set()

    def made(self, epoch: str) -> int:
        """How many events a run has made."""
        return self._made_by[epoch]

    def bury(self, epoch: str) -> None:
        """A run was killed; nobody can know of tracks whose first event was neither stored nor received."""
        with closing(REAL_CONNECT(self._outbox())) as db:
            stored = set(db.execute("SELECT topic, seq FROM events WHERE epoch = ?", (epoch,)).fetchall())
        for key in [key for key in self._tracks if key[0] == epoch]:
            name, first_seq = topic_of("track", key[1]), self._tracks[key].first_seq
            if (name, first_seq) not in stored and first_seq >= self._received[epoch, name]:
                del self._tracks[key]

    def adopt(self, event: Event, body: bytes) -> None:
        """A node made an event in the name of a run that was killed: the end of a track."""
        stream = event.epoch, topic(event)
        checksums, received = self._made[stream], self._received[stream]
        if event.seq < len(checksums) and checksums[event.seq] == crc32(body):
            return  # the run that adopted it before was killed, too, before it could store it
        self._expect(event.seq >= received, Promise.NONE_TWICE, f"{event} adopted, but {received} was expected")
        self._expect(event.seq <= len(checksums), Promise.IN_ORDER, f"{event} adopted for {len(checksums)}")
        self._expect(isinstance(event, TrackEvent), Promise.EVERY_END, f"{event} adopted, expected the end of a track")
        checksums[event.seq :] = array("L", [crc32(body)])
        self.events += 1
        if isinstance(event, TrackEvent):
            self._tracks.pop((event.epoch, event.camera, event.track), None)

    def make(self, event: Event, body: bytes, who: Callable[[IdentityEvent], str]) -> None:
        """A node made an event. who: whom an identity event's box shows."""
        stream, checksums = (event.epoch, topic(event)), self._made[event.epoch, topic(event)]
        self._expect(event.seq == len(checksums), Promise.IN_ORDER, f"{stream} made {event.seq} for {len(checksums)}")
        checksums.append(crc32(body))
        self._made_by[event.epoch] += 1
        self.events += 1
        if isinstance(event, TrackEvent):
            self._follow_track(event)
        elif isinstance(event, IdentityEvent):
            self._follow_name(event, who(event))

    def receive(self, ledger: Ledger, item: Item) -> None:
        """A subscriber received an item."""
        if isinstance(item, Gap):
            self._take_in_order(ledger, (item.epoch, item.topic), item.first, item.last)
            self._check_gap(ledger, item)
            return
        stream = item.epoch, topic(item)
        self._take_in_order(ledger, stream, item.seq, item.seq)
        made = self._made[stream]
        is_made = item.seq < len(made) and made[item.seq] == crc32(encode(item))
        self._expect(is_made, Promise.UNCHANGED, f"{ledger.name} received {stream} {item.seq}")
        ledger.events += 1

    def check_kept(self, epoch: str, at_least: int) -> None:
        """The outbox holds this many events of a run, and not too many of all."""
        with closing(REAL_CONNECT(self._outbox())) as db:
            (rows,) = db.execute("SELECT count(*) FROM events WHERE epoch = ?", (epoch,)).fetchone()
            (every,) = db.execute("SELECT count(*) FROM events").fetchone()
        at_least = min(at_least, RETENTION.events)
        self._expect(rows >= at_least, Promise.KEPT, f"{rows} of {at_least} events of {epoch}")
        self._expect(every <= RETENTION.events + SPARE_ROWS, Promise.BOUNDED, f"{every} rows in the outbox")

    def check_tracks(self, epoch: str, really_open: set[tuple[str, int]]) -> None:
        """The tracks without an end are those that the running node still follows: camera and number."""
        endless = {key for key in self._tracks if key[0] != epoch or key[1:] not in really_open}
        orphans = {key for key in endless if key[0] != epoch}
        self._expect(endless == orphans, Promise.EVERY_END, f"no end of {sorted(endless - orphans)}")
        self._expect(not orphans, Promise.END_AFTER_KILL, f"no end of {sorted(orphans)}, whose node was killed")
        self._ended.clear()

    def check_complete(self, ledgers: Iterable[Ledger]) -> None:
        """Every kept event has reached every subscriber. Ask when nothing is under way."""
        missing = self.find_missing(ledgers)
        self._expect(not missing, Promise.NONE_LOST, missing)

    def find_missing(self, ledgers: Iterable[Ledger]) -> str:
        """Say which subscriber lacks the newest stored event of a stream; empty where none does."""
        with closing(REAL_CONNECT(self._outbox())) as db:
            newest = db.execute("SELECT epoch, topic, max(seq) FROM events GROUP BY epoch, topic").fetchall()
        for ledger in ledgers:
            for epoch, name, seq in newest:
                had = ledger.next.get((epoch, name), 0) - 1
                if had < seq:
                    return f"{ledger.name} has {had} of {seq} of {(epoch, name)}"
        return ""

    def check_bounded(self, what: str, count: int, most: int) -> None:
        """There are at most so many of something."""
        self._expect(count <= most, Promise.BOUNDED, f"{count} {what}, expected at most {most}")

    def _expect(self, holds: bool, promise: Promise, what: str) -> None:
        if not holds:
            raise BrokenPromiseError(promise, what, self._clock.now)

    def _take_in_order(self, ledger: Ledger, stream: Stream, first: int, last: int) -> None:
        expected = ledger.next.get(stream, first if stream[0] == ledger.joins else 0)
        self._expect(first >= expected, Promise.NONE_TWICE, f"{ledger.name} received {stream} {first} again")
        self._expect(first == expected, Promise.IN_ORDER, f"{ledger.name} received {stream} {first} for {expected}")
        ledger.next[stream] = last + 1
        self._received[stream] = max(self._received[stream], last + 1)

    def _check_gap(self, ledger: Ledger, gap: Gap) -> None:
        ledger.lost += gap.last - gap.first + 1
        query = "SELECT seq FROM events WHERE epoch = ? AND topic = ? AND seq BETWEEN ? AND ? AND length(body)"
        with closing(REAL_CONNECT(self._outbox())) as db:
            rows = db.execute(query, (gap.epoch, gap.topic, gap.first, gap.last)).fetchall()
        kept = [seq for (seq,) in rows if (gap.epoch, gap.topic, seq) not in self.damaged]
        self._expect(not kept, Promise.NONE_GIVEN_UP, f"{ledger.name} gave up {gap}, of which {len(kept)} are kept")

    def _follow_track(self, event: TrackEvent) -> None:
        key = event.epoch, event.camera, event.track
        is_new = event.action is TrackAction.NEW
        self._expect(key not in self._ended, Promise.EVERY_END, f"{event.action} of {key} after its end")
        self._expect(is_new != (key in self._tracks), Promise.EVERY_END, f"{event.action} of {key}")
        if event.action is TrackAction.END:
            del self._tracks[key]
            self._ended.add(key)
        elif is_new:
            self._tracks[key] = OpenTrack(event.seq)

    def _follow_name(self, event: IdentityEvent, who: str) -> None:
        key = event.epoch, event.camera, event.track
        self._expect(key in self._tracks, Promise.EVERY_END, f"{event.action} of {key}, which is not open")
        track = self._tracks[key]
        self._expect(event.previous == track.name, Promise.IN_ORDER, f"{event.action} of {key}: not {track.name}")
        track.name = event.person
        figures = (event.evidence.score, event.evidence.margin, event.evidence.threshold)
        is_right = event.person in (None, who) and all(map(math.isfinite, figures))
        self._expect(is_right, Promise.RIGHT_NAMES, f"{who or 'nobody'} named {event.person} with {figures}")
