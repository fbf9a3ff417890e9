"""Publishes what happened to alerts. What is in the outbox when the process is killed is not published again."""

import logging
import secrets
import sqlite3
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Protocol

import msgspec

from pipeline.alerts.store import AlertStore
from pipeline.bus.outbox import OutboxReader
from pipeline.events import AlertEvent, Event, HealthEvent, decode, topic, topic_of
from pipeline.version import VERSION

log = logging.getLogger(__name__)

BEAT_SECONDS = 10.0
"""Between two heartbeats: so many that in a week they push no alert out of the outbox."""
STORE_SECONDS = 5.0  # the longest wait for the outbox
_What = tuple[str, str, int]


class Outlet(Protocol):
    """What this needs of `pipeline.bus.publisher.Publisher`."""

    def on_event(self, event: Event) -> None: ...

    def flush(self, timeout: float) -> bool: ...


class AlertPublisher:
    """Numbers and publishes what waits in the file of alerts; used by one thread.

    published: what the run before has put into the outbox already (`read_published`).
    clock: monotonic seconds.  wall: Unix seconds.
    """

    def __init__(
        self,
        outlet: Outlet,
        *,
        node: str,
        epoch: str,
        published: set[_What],
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._outlet, self._node, self._epoch = outlet, node, epoch
        self._published, self._clock, self._wall = published, clock, wall
        self._next: Counter[str] = Counter()
        self._last_row = 0  # what the outbox has not stored yet is not published again
        self._begin = clock()
        self._last_beat = self._begin - BEAT_SECONDS

    def step(self, store: AlertStore) -> None:
        """Publish what waits, forget what is stored, and beat. Raises like `Database`."""
        waiting = store.outgoing()
        for row, event in waiting:
            if row > self._last_row:
                self._last_row = row
                if _what(event) not in self._published:
                    self._outlet.on_event(self._numbered(event))
        if waiting and self._outlet.flush(STORE_SECONDS):
            with store.database.writing():
                store.remove_outgoing(waiting[-1][0])
        if self._clock() - self._last_beat >= BEAT_SECONDS:
            self._last_beat = self._clock()
            self._outlet.on_event(self._beat())

    def _numbered(self, event: AlertEvent) -> AlertEvent:
        named = msgspec.structs.replace(event, node=self._node, epoch=self._epoch)
        return msgspec.structs.replace(named, seq=self._count(topic(named)))

    def _beat(self) -> HealthEvent:
        """The heartbeat: by it, clients see what they have missed."""
        return HealthEvent(
            node=self._node,
            epoch=self._epoch,
            camera="",
            seq=self._count(topic_of("health", self._node)),
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


def new_epoch() -> str:
    """Names this run: sorts by its start, and differs between two processes that start in the same second."""
    return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime()) + "-" + secrets.token_hex(3)


def read_published(outbox: Path) -> set[_What]:
    """What the last run has put into the outbox; empty where there is none, or it cannot be read."""
    if not outbox.exists():
        return set()
    try:
        with closing(OutboxReader(outbox)) as reader:
            newest = reader.newest_run()
            bodies = [stored.body for stored in reader.run(newest) if stored.body] if newest else []
    except sqlite3.Error as error:
        log.warning("alerts: outbox %s cannot be read, so its last events may be published again: %s", outbox, error)
        return set()
    events = (decode(body) for body in bodies)
    return {_what(event) for event in events if isinstance(event, AlertEvent)}


def _what(event: AlertEvent) -> _What:
    """What an event says of its alert; nothing happens to an alert twice on the same level."""
    return event.alert, event.action, event.level
