"""Notes everything that reaches a plain ZeroMQ subscriber: what a node really sent, without the shipped client."""

import threading
import time
from collections.abc import Callable
from typing import Self

import zmq

from pipeline.events import Event, decode

_POLL_MS = 100
_SILENCE_SECONDS = 0.2
_RECONNECT_MS = 10  # so that hardly any of the first events of a run is missed


class Tap:
    """Receives in a thread of its own, from `address`, until it is closed."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._events: list[Event] = []
        self._changed = threading.Condition()
        self._is_closing = False
        self._thread = threading.Thread(target=self._receive, name="tap")
        self._thread.start()

    @property
    def events(self) -> list[Event]:
        """All events so far, in the order of their arrival."""
        with self._changed:
            return list(self._events)

    def wait_for(self, wanted: Callable[[Event], bool], timeout: float) -> Event | None:
        """The next event from now on that is wanted; None if none comes within `timeout` seconds."""
        with self._changed:
            at, end = len(self._events), time.monotonic() + timeout
            while (left := end - time.monotonic()) > 0:
                self._changed.wait(left)
                if found := next(filter(wanted, self._events[at:]), None):
                    return found
                at = len(self._events)
            return None

    def drain(self) -> None:
        """Wait until nothing more comes, now that the node is dead."""
        while self.wait_for(lambda _: True, _SILENCE_SECONDS):
            pass

    def close(self) -> None:
        """End the thread."""
        self._is_closing = True
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _receive(self) -> None:
        with zmq.Context() as context, context.socket(zmq.SUB) as socket:
            socket.linger, socket.rcvhwm, socket.reconnect_ivl = 0, 0, _RECONNECT_MS
            socket.subscribe("")
            socket.connect(self._address)
            while not self._is_closing:
                if socket.poll(_POLL_MS):
                    event = decode(socket.recv_multipart()[-1])
                    with self._changed:
                        self._events.append(event)
                        self._changed.notify_all()
