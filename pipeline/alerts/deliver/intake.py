"""Takes events from a bus into the backlog."""

import logging
import time
from collections.abc import Callable, Sequence

from pipeline.alerts.deliver.backlog import Backlog
from pipeline.bus.batch import Bus, take_batch
from pipeline.bus.position import Item
from pipeline.bus.reorder import Gap
from pipeline.events import Event

log = logging.getLogger(__name__)

BATCH_ITEMS = 500
WAIT_SECONDS = 0.25
RETRY_SECONDS = 2.0
PRUNE_SECONDS = 3600.0
TOLD_TOPICS = ("v1/alert/", "v1/identity/")
"""Of lost events, those that receivers hear of; of the others, a later one tells as much."""

Take = Callable[[Backlog, Sequence[Event]], None]
"""Stores what events mean, in the current transaction."""


class Intake:
    """One stream of events into a backlog. stream: its name there.  wake: called when something was stored.

    always: call `take` without events too, about four times a second.
    """

    def __init__(
        self,
        stream: str,
        bus: Bus,
        backlog: Backlog,
        take: Take,
        *,
        wake: Callable[[], None] = lambda: None,
        always: bool = False,
        pause: Callable[[float], object] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._stream, self._bus, self._backlog, self._take = stream, bus, backlog, take
        self._wake, self._always, self._pause, self._clock = wake, always, pause, clock
        self._next_prune = clock()
        self._is_failing = False

    def run(self, stop: Callable[[], bool]) -> None:
        """Take until `stop` says so. Raises ValueError for a file that cannot be used."""
        while not stop():
            self.step(stop)

    def step(self, stop: Callable[[], bool] = lambda: False) -> None:
        """Take what has arrived, or arrives soon. On a full disk it is tried again, and nothing more is taken."""
        items = take_batch(self._bus, most=BATCH_ITEMS, wait=WAIT_SECONDS)
        while not stop() and not self._store(items):
            self._pause(RETRY_SECONDS)
        if self._clock() >= self._next_prune:
            self._next_prune = self._clock() + PRUNE_SECONDS
            self._backlog.prune()

    def _store(self, items: Sequence[Item]) -> bool:
        """Store items and the position behind them in one transaction; False where the disk has no room for it."""
        events = [item for item in items if not isinstance(item, Gap)]
        lost = self._count_lost(items)
        if not items and not self._always:
            return True
        try:
            with self._backlog.file.writing():
                self._take(self._backlog, events)
                if lost:
                    self._backlog.note_lost(lost)
                if items and self._bus.is_settled:
                    self._backlog.move(self._stream, self._bus.position)
        except OSError as error:
            if not self._is_failing:
                log.error("%s: cannot store what was received, trying again: %s", self._stream, error)
            self._is_failing = True
            return False
        if lost:
            log.error("%s: events to deliver that the node no longer has: %d", self._stream, lost)
        self._is_failing = False
        if items:
            self._wake()
        return True

    def _count_lost(self, items: Sequence[Item]) -> int:
        """Lost events that would have been delivered; what was before the first start counts as nobody's."""
        gaps = [item for item in items if isinstance(item, Gap) and not item.open_end]
        told = [gap for gap in gaps if gap.topic.startswith(TOLD_TOPICS)]
        if not told or self._backlog.position(self._stream) is None:
            return 0
        return sum(gap.last - gap.first + 1 for gap in told)
