"""Takes events from the buses of many nodes into one stream, and acknowledges to each node what is stored."""

import time
from collections.abc import Callable, Mapping
from typing import Protocol

from pipeline.bus.batch import Bus, take_batch
from pipeline.bus.position import Position
from pipeline.collect.retention import StreamRetention
from pipeline.collect.store import Batch, StreamWriter

BATCH_ITEMS = 500  # of one node
WAIT_SECONDS = 0.1  # for all nodes together
ACKNOWLEDGE_SECONDS = 5.0
RETENTION_SECONDS = 10.0  # between two steps while nothing is too old


class Acknowledging(Bus, Protocol):
    """What gathering needs of `pipeline.bus.client.Subscriber`."""

    def acknowledge(self, consumer: str, position: Position) -> None: ...


class Gathering:
    """Gathers from buses, by their addresses. consumer: the name under which nodes keep events for this collector.

    works: called whenever something was stored.  clock: monotonic seconds.
    """

    def __init__(
        self,
        buses: Mapping[str, Acknowledging],
        writer: StreamWriter,
        retention: StreamRetention,
        *,
        consumer: str,
        works: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._buses, self._writer, self._retention = buses, writer, retention
        self._consumer, self._works, self._clock = consumer, works, clock
        self._stored = {address: writer.position(address) or Position() for address in buses}
        self._next_acknowledgement = self._next_retention = clock()

    def run(self, stop: Callable[[], bool]) -> None:
        """Gather until `stop` says so. Raises like `StreamWriter.add`."""
        while not stop():
            if self._clock() >= self._next_retention:  # before anything is added: it makes room on a full disk
                more = self._retention.step()
                self._next_retention = self._clock() + (0.0 if more else RETENTION_SECONDS)
            self.step()

    def step(self) -> int:
        """Take what has arrived, store it, and acknowledge it where it is time; returns how many entries are new."""
        wait = WAIT_SECONDS / max(1, len(self._buses))
        taken = {address: self._take(bus, wait) for address, bus in self._buses.items()}
        batches = {address: batch for address, batch in taken.items() if batch.items}
        added = self._store(batches) if batches else 0
        self._stored |= {address: batch.position for address, batch in batches.items() if batch.position}
        if self._clock() >= self._next_acknowledgement:
            self._next_acknowledgement = self._clock() + ACKNOWLEDGE_SECONDS
            self._acknowledge()
        return added

    def _store(self, batches: Mapping[str, Batch]) -> int:
        added = self._writer.add(batches)
        self._works()
        return added

    def _take(self, bus: Acknowledging, wait: float) -> Batch:
        items = take_batch(bus, most=BATCH_ITEMS, wait=wait)
        return Batch(items, bus.position if items and bus.is_settled else None)

    def _acknowledge(self) -> None:
        """Only what is stored; before anything is, that all is wanted from now on."""
        for address, bus in self._buses.items():
            bus.acknowledge(self._consumer, self._stored[address])
