"""The subscriber that ships with Glimpse: each event at least once and in order per topic, or a Gap for lost ones.

It receives events on a SUB socket and requests missing ones on a DEALER socket; `pipeline.bus.catchup` decides which.
Not thread-safe: a ZeroMQ socket belongs to the thread that created it.
"""

import contextlib
import logging
import time
from collections.abc import Callable, Iterator
from typing import Self

import msgspec
import zmq

from pipeline.bus.address import check_connect, replay_address
from pipeline.bus.catchup import DECODE_ERRORS, PATIENCE_SECONDS, SubscriptionState
from pipeline.bus.curve_keys import load_client_keys
from pipeline.bus.dead_peers import drop_dead_peers
from pipeline.bus.messages import ALL, AcknowledgeRequest, AnyAnswer, ErrorAnswer, Request
from pipeline.bus.position import Item, Position, StartFrom
from pipeline.bus.reorder import Gap
from pipeline.events import SCHEMA_VERSION, decode, is_of_later_version, topic

__all__ = ["ALL", "Gap", "Item", "Position", "Subscriber"]

log = logging.getLogger(__name__)

_HEALTH = f"v{SCHEMA_VERSION}/health/"
_RECEIVE_BATCH = 1000
_RECEIVE_QUEUE_MESSAGES = 100_000
_DEAD_NODE_MS = 15_000
_MAX_RECONNECT_MS = 5000
_MAX_EVENT_BYTES = 16 << 20
_MAX_ANSWER_BYTES = 64 << 20
_answers: msgspec.json.Decoder[AnyAnswer] = msgspec.json.Decoder(AnyAnswer)


class Subscriber:
    """Receives the events of `topics` (prefixes) published at `address`; reconnects by itself, without limit.

    start: "snapshot" begins with the last event of each camera and open track; "replay" with every stored event,
    earlier runs included; "live" with the next event; a Position with the event after it.
    curve: a client's folder made by `pipeline.curve`.
    patience: seconds of silence of the node after which missing events are reported as a Gap; before that they are
    requested again and again, and the events after them wait.
    Raises ValueError for an invalid address or missing keys.
    """

    def __init__(
        self,
        address: str,
        *,
        topics: tuple[str, ...] = (ALL,),
        start: StartFrom = "snapshot",
        curve: str = "",
        patience: float = PATIENCE_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        check_connect(address)
        keys = load_client_keys(curve) if curve else None
        self._clock = clock
        self._last_message = clock()
        self._last_error = ""
        self._topics = topics
        self._position = (
            Position(start.epoch, dict(start.last_seq)) if isinstance(start, Position) else Position("", {})
        )
        with contextlib.ExitStack() as stack:
            context = _open_context(address, stack)
            self._events = stack.enter_context(context.socket(zmq.SUB))
            self._requests = stack.enter_context(context.socket(zmq.DEALER))
            self._events.maxmsgsize, self._requests.maxmsgsize = _MAX_EVENT_BYTES, _MAX_ANSWER_BYTES
            for socket, endpoint in ((self._events, address), (self._requests, replay_address(address))):
                if keys:
                    keys.apply(socket)
                _connect(socket, endpoint)
            for prefix in (*topics, _HEALTH):
                self._events.subscribe(prefix)
            self._poller = zmq.Poller()
            self._poller.register(self._events, zmq.POLLIN)
            self._poller.register(self._requests, zmq.POLLIN)
            self._state = SubscriptionState(topics, start, send=self._send, patience=patience)
            self._sockets = stack.pop_all()

    def receive(self, timeout: float | None = None) -> Item | None:
        """Return the next item; None if there is none within `timeout` seconds (None: wait without limit)."""
        end = None if timeout is None else self._clock() + timeout
        while (item := self._next_item()) is None:
            now = self._clock()
            wake = min((moment for moment in (end, self._state.deadline) if moment is not None), default=None)
            self._poll(None if wake is None else max(0.0, wake - now))
            now = self._clock()
            self._state.expire(now)
            if end is not None and now >= end:
                return self._next_item()
        return item

    def __iter__(self) -> Iterator[Item]:
        while True:
            item = self.receive()
            if item is not None:
                yield item

    @property
    def silent_seconds(self) -> float:
        """Seconds since the last message, heartbeats included."""
        return self._clock() - self._last_message

    @property
    def position(self) -> Position:
        """The position after the last received item; store it once that item is processed."""
        return Position(self._position.epoch, dict(self._position.last_seq))

    @property
    def is_settled(self) -> bool:
        """Whether `position` stands for all earlier events too: nothing waits here, and no past run is replayed.

        Events of several runs may come mixed during a replay. A consumer that must lose nothing stores its position
        when this is true, and recognises by epoch, topic and seq what comes again.
        """
        return self._state.is_settled

    def acknowledge(self, consumer: str, position: Position) -> None:
        """Tell the node that a consumer has stored everything up to a position: its outbox keeps what follows for it.

        Call it every few seconds, with a position that was stored while `is_settled`; an empty one keeps everything
        from now on. A node of an earlier version refuses, which is logged once.
        """
        self._send(
            AcknowledgeRequest(
                consumer=consumer, topics=self._topics, epoch=position.epoch, seen=dict(position.last_seq)
            )
        )

    def close(self) -> None:
        """Close the sockets; may be called twice."""
        self._sockets.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _poll(self, timeout: float | None) -> None:
        """Wait until a socket has a message, then receive what has arrived."""
        # Round up: a timeout of 0.4 ms must not become a busy loop of zeros.
        if not self._poller.poll(None if timeout is None else int(timeout * 1000) + 1):
            return
        # All answers before any request can expire: a slow consumer is no reason to give up what has arrived.
        self._receive_answers()
        self._receive_events()
        self._receive_answers()

    def _receive_events(self) -> None:
        """Receive a batch of messages, because polling costs more than receiving."""
        for _ in range(_RECEIVE_BATCH):
            try:
                frames = self._events.recv_multipart(zmq.NOBLOCK)
            except zmq.Again:
                return
            self._last_message = self._clock()
            try:
                self._state.on_event(decode(frames[-1]), self._last_message)
            except DECODE_ERRORS as error:
                if is_of_later_version(frames[-1]):
                    continue
                log.warning("ignored a message on %s that is not an event: %s", frames[0][:100], error)

    def _receive_answers(self) -> None:
        with contextlib.suppress(zmq.Again):
            while True:
                self._receive_answer(self._requests.recv_multipart(zmq.NOBLOCK)[-1])

    def _receive_answer(self, data: bytes) -> None:
        try:
            answer = _answers.decode(data)
        except DECODE_ERRORS as error:
            log.warning("ignored an invalid answer: %s", error)
            self._state.on_invalid_answer(self._clock())
            return
        if isinstance(answer, ErrorAnswer) and answer.error != self._last_error:
            self._last_error = answer.error
            log.warning("the node refuses a request: %s", answer.error)
        self._state.on_answer(answer, self._clock())

    def _send(self, request: Request) -> None:
        with contextlib.suppress(zmq.Again):
            self._requests.send(msgspec.json.encode(request), zmq.NOBLOCK)

    def _next_item(self) -> Item | None:
        """Pop the next ready item and advance the position to it."""
        while self._state.ready:
            item = self._state.ready.popleft()
            if item.epoch != self._position.epoch:
                self._position = Position(item.epoch, {})
            if not isinstance(item, Position):
                name, seq = (item.topic, item.last) if isinstance(item, Gap) else (topic(item), item.seq)
                self._position.last_seq[name] = seq
                return item
            self._position.last_seq.update(item.last_seq)
        return None


def _open_context(address: str, stack: contextlib.ExitStack) -> zmq.Context[zmq.Socket[bytes]]:
    """Open a context that closes with `stack`; for inproc return the shared one of the process."""
    if address.startswith("inproc://"):
        return zmq.Context.instance()
    return stack.enter_context(zmq.Context())


def _connect(socket: zmq.Socket[bytes], address: str) -> None:
    socket.linger = 0
    socket.rcvhwm = _RECEIVE_QUEUE_MESSAGES
    socket.ipv6 = "[" in address
    socket.reconnect_ivl_max = _MAX_RECONNECT_MS
    drop_dead_peers(socket, after_ms=_DEAD_NODE_MS)
    socket.connect(address)
