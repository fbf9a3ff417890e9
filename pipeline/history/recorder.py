"""Takes events from the bus into a history, and applies its limits in between."""

import time
from collections.abc import Callable, Collection, Sequence

from pipeline.bus.batch import Bus, take_batch
from pipeline.events import HealthEvent
from pipeline.history.retention import Retention
from pipeline.history.store import HistoryWriter

BATCH_ITEMS = 500
WAIT_SECONDS = 0.5
RETENTION_SECONDS = 10.0  # between two steps while nothing is too old


def record(
    bus: Bus,
    history: HistoryWriter,
    retention: Retention,
    *,
    stop: Callable[[], bool],
    after: Sequence[Callable[[Collection[int]], None]] = (),
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Record until `stop` says so. clock: monotonic seconds. Raises like `HistoryWriter.add`.

    after: what else is done with the history, in short steps: each is called after every batch, and at least twice a
    second, with the tracks that `HistoryWriter.add` names.
    """
    next_step = clock()
    while not stop():
        if clock() >= next_step:  # before anything is added: it makes room on a full disk
            next_step = clock() + (0.0 if retention.step() else RETENTION_SECONDS)
        items = [
            item for item in take_batch(bus, most=BATCH_ITEMS, wait=WAIT_SECONDS) if not isinstance(item, HealthEvent)
        ]
        touched = history.add(items, bus.position if bus.is_settled else None) if items else ()
        for step in after:
            step(touched)
