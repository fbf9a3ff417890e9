"""Listens to one bus in a thread of its own, and passes on what changed."""

import logging
import threading
import time
from collections.abc import Callable

from pipeline.bus.client import Subscriber
from pipeline.events import topic_of
from pipeline.web.live.state import LiveState

log = logging.getLogger(__name__)

FLUSH_SECONDS = 0.1  # at most so often a browser is sent a camera
POLL_SECONDS = 0.1
JOIN_SECONDS = 3.0
KINDS = ("track", "identity", "camera", "health", "sample", "person", "alert")
TOPICS = tuple(topic_of(kind, "")[:-1] for kind in KINDS)


class Listener:
    """Takes the events published at `address` into a state, and calls `on_change` at most every FLUSH_SECONDS.

    curve: a client's folder made by `pipeline.curve`; empty: none.
    Raises ValueError for an address to which nobody can connect.
    """

    def __init__(self, address: str, state: LiveState, on_change: Callable[[], None], *, curve: str = "") -> None:
        self._address, self._curve = address, curve
        self._state, self._on_change = state, on_change
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._listen, name="page-bus", daemon=True)

    def start(self) -> None:
        """Begin to listen; a node that is not there yet is waited for."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread, and wait for it."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(JOIN_SECONDS)

    def _listen(self) -> None:
        try:
            with Subscriber(self._address, topics=TOPICS, start="snapshot", curve=self._curve) as bus:
                self._receive(bus)
        except Exception:
            log.exception("the page hears no events any more")

    def _receive(self, bus: Subscriber) -> None:
        flushed = time.monotonic()
        while not self._stop.is_set():
            if item := bus.receive(POLL_SECONDS):
                self._state.take(item)
            if time.monotonic() - flushed >= FLUSH_SECONDS:
                flushed = time.monotonic()
                self._on_change()
