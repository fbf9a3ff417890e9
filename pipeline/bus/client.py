"""The subscriber Glimpse ships: every event at least once and in order per topic, or a Gap that says which are lost.

It listens on a SUB socket and asks a DEALER socket beside it for what is missing; pipeline.bus.catchup decides what
that is. Not thread-safe: its sockets belong to the thread that made it.
"""

import contextlib
import logging
import time
from collections.abc import Callable, Iterator
from typing import Self

import msgspec
import zmq

from pipeline.bus.address import check_connect, replay_address
from pipeline.bus.catchup import ALL, CatchUp, Item, Position, Start
from pipeline.bus.curve_keys import client_keys
from pipeline.bus.reorder import Gap
from pipeline.bus.replay import AnyAnswer, ErrorAnswer, Request
from pipeline.events import SCHEMA_VERSION, decode, topic

__all__ = ["ALL", "Gap", "Item", "Position", "Subscriber"]

log = logging.getLogger(__name__)

_HEALTH = f"v{SCHEMA_VERSION}/health/"
# What decoding raises: msgspec lets Python's own errors for broken UTF-8 and bottomless nesting through.
_UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
_answers: msgspec.json.Decoder[AnyAnswer] = msgspec.json.Decoder(AnyAnswer)


class Subscriber:
    """Gives the events of `topics` (prefixes) published at `address`, reconnecting by itself, for ever.

    start: "snapshot" gives the last event of each camera and open track first; "replay" all that is kept, of earlier
    runs too; "live" neither; a Position what came after it.  curve: a client's folder made by `pipeline.curve`.
    Raises ValueError for an impossible address or missing keys.
    """

    def __init__(
        self,
        address: str,
        *,
        topics: tuple[str, ...] = (ALL,),
        start: Start = "snapshot",
        curve: str = "",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        check_connect(address)
        keys = client_keys(curve) if curve else None
        self._clock = clock
        self._heard = clock()
        self._complaint = ""
        self._position = (
            Position(start.epoch, dict(start.last_seq)) if isinstance(start, Position) else Position("", {})
        )
        with contextlib.ExitStack() as undo:
            context = _context(address, undo)
            self._live = undo.enter_context(context.socket(zmq.SUB))
            self._replies = undo.enter_context(context.socket(zmq.DEALER))
            for socket, where in ((self._live, address), (self._replies, replay_address(address))):
                if keys:
                    keys.apply(socket)
                _connect(socket, where)
            for prefix in (*topics, _HEALTH):
                self._live.subscribe(prefix)
            self._catchup = CatchUp(topics, start, send=self._send)
            self._undo = undo.pop_all()

    def receive(self, timeout: float | None = None) -> Item | None:
        """The next item, waiting at most `timeout` seconds (None: for ever); None when there is none in that time."""
        end = None if timeout is None else self._clock() + timeout
        while (item := self._next()) is None:
            now = self._clock()
            if end is not None and now > end:
                return None
            until = min((moment for moment in (end, self._catchup.deadline) if moment is not None), default=None)
            self._pump(None if until is None else max(0.0, until - now))
            self._catchup.expire(self._clock())
        return item

    def __iter__(self) -> Iterator[Item]:
        while True:
            item = self.receive()
            if item is not None:
                yield item

    @property
    def silence(self) -> float:
        """Seconds since anything came, the heartbeat included."""
        return self._clock() - self._heard

    @property
    def position(self) -> Position:
        """Up to and including the item received last; store it once that item is dealt with."""
        return Position(self._position.epoch, dict(self._position.last_seq))

    def close(self) -> None:
        """Close the sockets; may be called twice."""
        self._undo.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _pump(self, wait: float | None) -> None:
        """Take what has come on both sockets, waiting for the first of it."""
        poller = zmq.Poller()
        poller.register(self._live, zmq.POLLIN)
        poller.register(self._replies, zmq.POLLIN)
        # Rounded up: a wait of 0.4 ms must not become a busy loop of zeros.
        came = dict(poller.poll(None if wait is None else int(wait * 1000) + 1))
        if self._live in came:
            self._take_live()
        if self._replies in came:
            self._take_answer(self._replies.recv_multipart()[-1])

    def _take_live(self) -> None:
        """Take many at a time, since polling costs more than receiving."""
        for _ in range(1000):
            try:
                frames = self._live.recv_multipart(zmq.NOBLOCK)
            except zmq.Again:
                return
            self._heard = self._clock()
            try:
                self._catchup.live(decode(frames[-1]), self._heard)
            except _UNREADABLE as error:
                log.warning("ignored a message on %s that is no event: %s", frames[0][:100], error)

    def _take_answer(self, data: bytes) -> None:
        try:
            answer = _answers.decode(data)
            if isinstance(answer, ErrorAnswer) and answer.error != self._complaint:
                self._complaint = answer.error
                log.warning("the node cannot send again what is missing: %s", answer.error)
            self._catchup.answered(answer, self._clock())
        except _UNREADABLE as error:
            log.warning("ignored an answer that does not fit: %s", error)

    def _send(self, request: Request) -> None:
        with contextlib.suppress(zmq.Again):
            self._replies.send(msgspec.json.encode(request), zmq.NOBLOCK)

    def _next(self) -> Item | None:
        """The next item that is ready, noting it as seen."""
        while self._catchup.ready:
            item = self._catchup.ready.popleft()
            if item.epoch != self._position.epoch:
                self._position = Position(item.epoch, {})
            if not isinstance(item, Position):
                name, seq = (item.topic, item.last) if isinstance(item, Gap) else (topic(item), item.seq)
                self._position.last_seq[name] = seq
                return item
            self._position.last_seq.update(item.last_seq)
        return None


def _context(address: str, undo: contextlib.ExitStack) -> zmq.Context[zmq.Socket[bytes]]:
    """A context of its own, so that closing it leaves nothing behind; inproc needs the process's shared one."""
    if address.startswith("inproc://"):
        return zmq.Context.instance()
    return undo.enter_context(zmq.Context())


def _connect(socket: zmq.Socket[bytes], address: str) -> None:
    socket.linger = 0
    socket.rcvhwm = 100_000
    socket.ipv6 = "[" in address
    socket.reconnect_ivl_max = 5000
    # A node that lost power sends no farewell: ask after it, so that the connection is made anew.
    socket.heartbeat_ivl = 5000
    socket.heartbeat_timeout = 15000
    socket.connect(address)
