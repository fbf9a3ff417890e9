"""Sends events in a thread of its own, behind a bounded queue, so that the engine never waits for sockets or disks."""

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import zmq

from pipeline.events import Event

log = logging.getLogger(__name__)

# About 12 MB. A queue that is full means that the thread has stood still for a minute of a busy node.
MAX_QUEUED_EVENTS = 20_000


@dataclass(frozen=True, slots=True)
class Outgoing:
    """An event on its way, and the same encoded."""

    topic: str
    event: Event
    body: bytes


class Sender:
    """Calls `send` with everything that was put, in order, from a thread that ends with `close`.

    send: sends a batch; may wait. What it raises is logged, and the next batch is sent.
    dropped: events that found the queue full.
    """

    def __init__(self, send: Callable[[Sequence[Outgoing]], None]) -> None:
        self.dropped = 0
        self._send = send
        self._queue: list[Outgoing] = []
        self._is_closing = self._is_full = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="publish", daemon=True)
        self._thread.start()

    def put(self, item: Outgoing) -> None:
        """Queue an event; returns at once. What does not fit is dropped, counted and logged."""
        with self._changed:
            was_full, self._is_full = self._is_full, len(self._queue) >= MAX_QUEUED_EVENTS
            if self._is_full:
                self.dropped += 1
            else:
                self._queue.append(item)
                self._changed.notify()
        if self._is_full and not was_full:
            log.error("events: sending is too slow; subscribers must request the next events from the outbox")
        elif was_full and not self._is_full:
            log.warning("events: sent again; not sent so far: %d", self.dropped)

    @property
    def queued(self) -> int:
        """Events that wait."""
        return len(self._queue)

    def close(self) -> None:
        """Send what is queued and end the thread; may be called twice."""
        with self._changed:
            self._is_closing = True
            self._changed.notify()
        self._thread.join()

    def _run(self) -> None:
        while batch := self._next_batch():
            try:
                self._send(batch)
            except zmq.ZMQError as error:
                log.error("events: cannot send: %s", error)
            except Exception:  # the thread must go on: without it, nothing is sent until the node is started again
                log.exception("events: cannot send: %d events", len(batch))

    def _next_batch(self) -> list[Outgoing]:
        """Wait for events; an empty list when closing with nothing left."""
        with self._changed:
            self._changed.wait_for(lambda: self._queue or self._is_closing)
            batch, self._queue = self._queue, []
            return batch
