"""Publishes what happened to alerts. What is in the outbox when the process is killed is not published again."""

import logging
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from pipeline.alerts.store import AlertStore
from pipeline.bus.outbox import OutboxReader
from pipeline.bus.room_events import Outlet, RoomEvents
from pipeline.events import AlertEvent, decode

log = logging.getLogger(__name__)

STORE_SECONDS = 5.0  # the longest wait for the outbox
_What = tuple[str, str, int]


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
        self._outlet, self._published = outlet, published
        self._events = RoomEvents(node, epoch, clock=clock, wall=wall)
        self._last_row = 0  # what the outbox has not stored yet is not published again

    def step(self, store: AlertStore) -> None:
        """Publish what waits, forget what is stored, and beat. Raises like `Database`."""
        waiting = store.outgoing()
        for row, event in waiting:
            if row > self._last_row:
                self._last_row = row
                if _what(event) not in self._published:
                    self._outlet.on_event(self._events.number(event))
        if waiting and self._outlet.flush(STORE_SECONDS):
            with store.database.writing():
                store.remove_outgoing(waiting[-1][0])
        if beat := self._events.beat():
            self._outlet.on_event(beat)


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
