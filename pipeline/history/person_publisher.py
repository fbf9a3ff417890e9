"""Publishes the queued `person` events of a history, with a heartbeat that tells clients what they have missed."""

import time
from collections import Counter
from collections.abc import Callable
from typing import Protocol

import msgspec

from pipeline.events import Event, HealthEvent, PersonEvent, topic, topic_of
from pipeline.history.database import Database
from pipeline.history.person_events import delete_queued, queued_person_events
from pipeline.version import VERSION

BATCH_EVENTS = 500
BEAT_SECONDS = 1.0
STORE_SECONDS = 5.0  # the longest wait for the outbox


class Outlet(Protocol):
    """What this needs of `pipeline.bus.publisher.Publisher`."""

    def on_event(self, event: Event) -> None: ...

    def flush(self, timeout: float) -> bool: ...


class PersonPublisher:
    """Numbers and publishes what is queued; used by one thread.

    node: the name of this history on the bus.  epoch: names this run; counting starts at 0 with it.
    clock: monotonic seconds.  wall: Unix seconds.
    """

    def __init__(
        self,
        database: Database,
        outlet: Outlet,
        *,
        node: str,
        epoch: str,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._database, self._outlet, self._clock, self._wall = database, outlet, clock, wall
        self._node, self._epoch = node, epoch
        self._next: Counter[str] = Counter()
        self._published = 0  # the last id: what the outbox has not stored yet is not published again
        self._begin = self._last_beat = clock()

    def step(self) -> None:
        """Publish what waits, delete what is stored, and beat once a second. Raises like `Database`."""
        queued = queued_person_events(self._database, limit=BATCH_EVENTS)
        for one in queued:
            if one.id > self._published:
                self._outlet.on_event(self._numbered(one.event))
                self._published = one.id
        if queued and self._outlet.flush(STORE_SECONDS):
            delete_queued(self._database, queued)
        if self._clock() - self._last_beat >= BEAT_SECONDS:
            self._last_beat = self._clock()
            self._outlet.on_event(self._beat())

    def _numbered(self, event: PersonEvent) -> PersonEvent:
        name = topic(event)
        return msgspec.structs.replace(event, node=self._node, epoch=self._epoch, seq=self._count(name))

    def _beat(self) -> HealthEvent:
        seq = self._count(topic_of("health", self._node))
        return HealthEvent(
            node=self._node,
            epoch=self._epoch,
            camera="",
            seq=seq,
            wall_time=round(self._wall(), 6),
            uptime=round(self._clock() - self._begin, 3),
            version=VERSION,
            people=0,
            latency_p50=None,
            latency_p99=None,
            cameras={},
            last_seq={name: count - 1 for name, count in sorted(self._next.items())},
        )

    def _count(self, name: str) -> int:
        self._next[name] += 1
        return self._next[name] - 1
