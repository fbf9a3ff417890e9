"""Publishes the queued `person` events of a history, with a heartbeat that tells clients what they have missed."""

import time
from collections.abc import Callable

from pipeline.bus.room_events import Outlet, RoomEvents
from pipeline.history.database import Database
from pipeline.history.person_events import delete_queued, queued_person_events

BATCH_EVENTS = 500
STORE_SECONDS = 5.0  # the longest wait for the outbox


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
        self._database, self._outlet = database, outlet
        self._events = RoomEvents(node, epoch, clock=clock, wall=wall)
        self._published = 0  # the last id: what the outbox has not stored yet is not published again

    def step(self) -> None:
        """Publish what waits, delete what is stored, and beat where it is time. Raises like `Database`."""
        queued = queued_person_events(self._database, limit=BATCH_EVENTS)
        for one in queued:
            if one.id > self._published:
                self._outlet.on_event(self._events.number(one.event))
                self._published = one.id
        if queued and self._outlet.flush(STORE_SECONDS):
            delete_queued(self._database, queued)
        if beat := self._events.beat():
            self._outlet.on_event(beat)
