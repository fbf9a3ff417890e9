"""The network of a simulation: ZeroMQ's behaviour in memory, without its threads and its own clock.

A PUB socket drops what does not fit into a subscriber's queue, and what is sent while the link is down. A request waits
while the node is away. What is under way when a link breaks or a node dies is lost.
"""

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Self
from unittest import mock

import zmq

from pipeline.bus.replay import RequestHandler
from tests.simulation.clock import SimulatedClock

FIRST_PORT = 9000
QUEUE_MESSAGES = 30  # of one subscriber; few, so that a simulation overflows it
POLL_COSTS_SECONDS = 1e-6  # so that a client that waits for its clock gets there


@dataclass
class Link:
    """The connection of one subscriber: messages with the time at which they arrive.

    delay: seconds that each message takes.  down: the link is broken.  is_lossy: every second message is lost, as on a
    connection that breaks again and again.
    """

    delay: float = 0.0
    down: bool = False
    is_lossy: bool = False
    prefixes: set[str] = field(default_factory=set)
    events: deque[tuple[float, list[bytes]]] = field(default_factory=deque)
    requests: deque[tuple[float, list[bytes]]] = field(default_factory=deque)
    answers: deque[tuple[float, list[bytes]]] = field(default_factory=deque)
    _sent: int = 0

    def send(self, queue: deque[tuple[float, list[bytes]]], now: float, frames: list[bytes]) -> None:
        """Put a message on its way."""
        self._sent += 1
        if not (self.is_lossy and self._sent % 2):
            queue.append((now + self.delay, frames))

    def lose(self) -> None:
        """Lose what is under way."""
        for queue in (self.events, self.requests, self.answers):
            queue.clear()

    def close(self) -> None:
        """The subscriber is gone."""
        self.prefixes.clear()
        self.lose()


class Wire:
    """All links of one node.

    on_write: called before and after each event is sent.  is_dead: the node was killed; it sends and answers nothing.
    handler: answers requests while a node is up.
    """

    def __init__(self, clock: SimulatedClock) -> None:
        self.clock = clock
        self.links: dict[int, Link] = {}
        self.on_write: Callable[[], None] = lambda: None
        self.is_dead = False
        self.handler: RequestHandler | None = None

    def link(self, number: int) -> Link:
        """The link of a subscriber, by its number."""
        return self.links.setdefault(number, Link())

    @staticmethod
    def address(number: int) -> str:
        """What a subscriber connects to; the port says which link is its own."""
        return f"tcp://127.0.0.1:{FIRST_PORT + 2 * number}"

    def publish(self, frames: list[bytes]) -> None:
        """Send an event to every subscriber that wants it. frames: topic and body."""
        self.on_write()
        for link in self.links.values():
            wants = frames[0].decode().startswith(tuple(link.prefixes))
            if wants and not (link.down or self.is_dead) and len(link.events) < QUEUE_MESSAGES:
                link.send(link.events, self.clock.now, frames)
        self.on_write()

    def serve(self) -> bool:
        """Answer the requests that have arrived; whether there were any."""
        served = False
        for link in self.links.values():
            while self.handler and not link.down and link.requests and link.requests[0][0] <= self.clock.now:
                answer = self.handler.handle(link.requests.popleft()[1][-1])
                link.send(link.answers, self.clock.now, [answer])
                served = True
        return served

    @contextmanager
    def plugged_in(self) -> Iterator[None]:
        """Make the shipped client and the publisher open their sockets here."""
        network = _Zmq(self)

        def open_server(*_: object, handler: RequestHandler, **__: object) -> _ReplayServer:
            return _ReplayServer(self, handler)

        with (
            mock.patch("pipeline.bus.client.zmq", network),
            mock.patch("pipeline.bus.publisher.zmq", network),
            mock.patch("pipeline.bus.bound_socket.zmq", network),
            mock.patch("pipeline.bus.publisher.ReplayServer", open_server),
        ):
            yield


class _ReplayServer:
    """Stands in for the thread that answers requests: the simulation asks the handler itself."""

    def __init__(self, wire: Wire, handler: RequestHandler) -> None:
        self._wire = wire
        wire.handler = handler

    def close(self) -> None:
        handler, self._wire.handler = self._wire.handler, None
        if handler:
            handler.close()


class _Zmq:
    """Stands in for the module zmq; its constants and errors are the real ones."""

    def __init__(self, wire: Wire) -> None:
        self.wire = wire

    def __getattr__(self, name: str) -> Any:
        return getattr(zmq, name)

    def Context(self) -> "_Context":
        return _Context(self.wire)

    def Poller(self) -> "_Poller":
        return _Poller()


class _Closing:
    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self, linger: int | None = None) -> None:
        """Nothing is held."""


class _Context(_Closing):
    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def socket(self, kind: int) -> "_Socket":
        return _Socket(self, self._wire, is_events=kind == zmq.SUB)


class _Socket(_Closing):
    """A PUB, SUB or DEALER socket. Options are accepted and ignored."""

    def __init__(self, context: _Context, wire: Wire, *, is_events: bool) -> None:
        self.context = context
        self._wire, self._is_events = wire, is_events
        self._link = Link()
        self._address = ""

    def bind(self, address: str) -> None:
        self._address = address

    def get_string(self, option: int) -> str:
        return self._address

    def connect(self, address: str) -> None:
        self._link = self._wire.link((int(address.rpartition(":")[2]) - FIRST_PORT) // 2)

    def subscribe(self, prefix: str) -> None:
        self._link.prefixes.add(prefix)

    @property
    def is_readable(self) -> bool:
        return bool(self._inbox) and not self._link.down and self._inbox[0][0] <= self._wire.clock.now

    def poll(self, timeout: int | None = None, flags: int = zmq.POLLIN) -> int:
        return flags if self.is_readable else 0

    def recv_multipart(self, flags: int = 0) -> list[bytes]:
        if not self.is_readable:
            raise zmq.Again
        return self._inbox.popleft()[1]

    def send(self, data: bytes, flags: int = 0) -> None:
        self._link.send(self._link.requests, self._wire.clock.now, [data])

    def send_multipart(self, frames: list[bytes], flags: int = 0) -> None:
        self._wire.publish(frames)

    @property
    def _inbox(self) -> deque[tuple[float, list[bytes]]]:
        return self._link.events if self._is_events else self._link.answers


class _Poller:
    """Never waits: only the simulation moves the clock."""

    def __init__(self) -> None:
        self._sockets: list[_Socket] = []

    def register(self, socket: _Socket, flags: int) -> None:
        self._sockets.append(socket)

    def poll(self, timeout: int | None = None) -> list[tuple[_Socket, int]]:
        for socket in self._sockets[:1]:
            socket._wire.clock.now += POLL_COSTS_SECONDS
        return [(socket, zmq.POLLIN) for socket in self._sockets if socket.is_readable]
