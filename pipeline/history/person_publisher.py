"""Publishes the queued `person` events of a history, with a heartbeat that tells clients what they have missed."""

import time
from collections.abc import Callable

from pipeline.bus.room_events import Outlet, RoomEvents
from pipeline.history.database import Database
from pipeline.history.person_events import delete_queued, taken_person_events

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
        self._published: set[int] = set()  # what the outbox has not stored yet is not published again

    def step(self) -> None:
        """Publish what waits, delete what is stored, and beat where it is time. Raises like `Database`."""
        with taken_person_events(self._database, limit=BATCH_EVENTS) as queued:
            for one in queued:
                if one.id not in self._published:
                    self._outlet.on_event(self._events.number(one.event))
                    self._published.add(one.id)
            is_stored = bool(queued) and self._outlet.flush(STORE_SECONDS)
            if is_stored:
                delete_queued(self._database, queued)
        if is_stored:
            self._published.difference_update(one.id for one in queued)
        if beat := self._events.beat():
            self._outlet.on_event(beat)
