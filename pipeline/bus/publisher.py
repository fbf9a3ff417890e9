"""Publishes events over ZeroMQ without ever waiting for a subscriber.

A subscriber that is too slow loses events once its queue is full, and notices by the gap in `seq`. Each event is stored
or noted before it is sent (`pipeline.bus.write_ahead`). The PUB socket is
created by the thread that builds the pipeline and used by the sender's thread: ZeroMQ allows such a move if a full
memory barrier separates the two, which the start of that thread is.
"""

import contextlib
import logging
import threading
from collections.abc import Callable, Sequence

import zmq

from pipeline.bus.address import check_bind, replay_address
from pipeline.bus.bound_socket import Context, bind_error, check_ipc_path_is_free, open_context
from pipeline.bus.connections import ConnectionLimits
from pipeline.bus.curve_keys import ServerKeys, load_server_keys, start_authenticator
from pipeline.bus.dead_peers import STALLED_PEER_MS, drop_dead_peers
from pipeline.bus.latest_events import LatestEvents
from pipeline.bus.outbox import Outbox
from pipeline.bus.replay import ReplayServer, RequestHandler
from pipeline.bus.sender import Outgoing, Sender
from pipeline.bus.write_ahead import WriteAhead
from pipeline.events import Event, encode, topic
from pipeline.load import BusLoad
from pipeline.secrets.private_files import only_for_owner
from pipeline.sink import FrameResult

log = logging.getLogger(__name__)

# The queue of one slow subscriber: about 10 MB, or a minute of a busy node.
SEND_QUEUE_MESSAGES = 20_000
_LINGER_MS = 500
_MAX_INCOMING_BYTES = 1 << 10  # of a subscription; the largest message of a CURVE handshake has about 400
_WILDCARD_ATTEMPTS = 20


class Publisher:
    """A sink that publishes every event and answers snapshot and replay requests.

    bind: `tcp://127.0.0.1:5556`, `tcp://127.0.0.1:*` or `ipc://path`; other hosts need `curve`, a folder made by
    `python -m pipeline.curve`.
    outbox: SQLite file that stores events for replay; empty: none.
    `address` is the bound address. Raises ValueError for an address that it cannot or must not bind.
    """

    def __init__(self, bind: str, *, node: str, epoch: str, curve: str = "", outbox: str = "") -> None:
        check_bind(bind, curve=bool(curve))
        keys = load_server_keys(curve) if curve else None
        self._lock = threading.Lock()
        self._latest = LatestEvents()
        with contextlib.ExitStack() as stack:
            self._outbox = stack.enter_context(contextlib.closing(Outbox(outbox))) if outbox else None
            self._write_ahead = WriteAhead(self._outbox, self._latest, node=node, epoch=epoch) if self._outbox else None
            context = stack.enter_context(open_context(bind))
            if keys:
                stack.callback(start_authenticator(context, keys).stop)
            self._socket = stack.enter_context(_open_socket(context, keys))
            if bind.startswith("tcp://"):
                stack.enter_context(contextlib.closing(ConnectionLimits(self._socket)))
            handler = RequestHandler(node, epoch, self._latest, self._write_ahead)

            def open_replay(address: str) -> ReplayServer:
                # Now, because the bound address is the proof that the last run is dead, and nobody has read it yet.
                if self._write_ahead:
                    self._write_ahead.end_killed_runs()
                return ReplayServer(context, address, keys=keys, handler=handler)

            stack.callback(_bind_pair(self._socket, bind, open_replay).close)
            self._sender = stack.enter_context(contextlib.closing(Sender(self._send)))
            self._resources: contextlib.ExitStack | None = stack.pop_all()
        self.address = self._socket.get_string(zmq.LAST_ENDPOINT)
        log.info("events: publishing on %s, replay on %s", self.address, self.replay_address)

    def _send(self, batch: Sequence[Outgoing]) -> None:
        """Send events, once it is sure that a next start knows of them."""
        if self._write_ahead:
            self._write_ahead.ensure()
        for item in batch:
            self._socket.send_multipart([item.topic.encode(), item.body], zmq.NOBLOCK)

    @property
    def replay_address(self) -> str:
        """The address that answers snapshot and replay requests."""
        return replay_address(self.address)

    def on_event(self, event: Event) -> None:
        """Queue an event to be stored and published; never blocks, does nothing after close()."""
        name, body = topic(event), encode(event)
        with self._lock:
            if self._resources is None:
                return
            if self._write_ahead:
                self._write_ahead.add(name, event, body)
            else:
                self._latest.update(name, event, body)
            self._sender.put(Outgoing(name, event, body))

    def load(self) -> BusLoad:
        """What waits to be sent, and how large the outbox is."""
        size = self._outbox.size if self._outbox else None
        return BusLoad(self._sender.queued, self._sender.dropped, size)

    def flush(self, timeout: float) -> bool:
        """Wait until the outbox has stored all events so far; False if that takes longer. True without an outbox."""
        return self._outbox is None or self._outbox.flush(timeout)

    def on_frame(self, result: FrameResult) -> None:
        """Do nothing: images are not published."""

    def close(self) -> None:
        """Commit the outbox, give subscribers half a second to receive queued events, and free the address.

        Raises OSError where the outbox lacks events. May be called twice.
        """
        with self._lock:
            resources, self._resources = self._resources, None
        if not resources:
            return
        resources.close()
        if self._outbox and self._outbox.dropped:
            lost = self._outbox.dropped
            raise OSError(f"outbox {self._outbox.path}: not everything could be stored; lost events: {lost}")


def _open_socket(context: Context, keys: ServerKeys | None) -> zmq.Socket[bytes]:
    """Open an unbound PUB socket with bounded queues."""
    socket = context.socket(zmq.PUB)
    socket.sndhwm = SEND_QUEUE_MESSAGES
    socket.linger = _LINGER_MS
    socket.maxmsgsize = _MAX_INCOMING_BYTES
    drop_dead_peers(socket, after_ms=STALLED_PEER_MS)
    if keys:
        keys.apply(socket)
    return socket


def _bind_pair(socket: zmq.Socket[bytes], bind: str, open_replay: Callable[[str], ReplayServer]) -> ReplayServer:
    """Bind the PUB socket and the replay server beside it; with a wildcard port, retry until both ports are free."""
    check_ipc_path_is_free(bind)
    attempts = _WILDCARD_ATTEMPTS if bind.endswith(":*") else 1
    for attempts_left in reversed(range(attempts)):
        address = bind
        try:
            socket.ipv6 = "[" in bind
            with only_for_owner():  # an ipc address is a file that everybody might open
                socket.bind(bind)
            endpoint = socket.get_string(zmq.LAST_ENDPOINT)
            address = replay_address(endpoint)
            return open_replay(address)
        except zmq.ZMQError as error:
            if not attempts_left or address == bind:
                raise ValueError(bind_error(bind, address, error)) from error
            socket.unbind(endpoint)
    raise AssertionError("unreachable: the last attempt returns or raises")
