"""Publishes events over ZeroMQ, never waiting for anyone.

A subscriber that does not keep up loses events once its queue is full and sees that by the gap in `seq`; slowing the
engine instead would lose frames, for everyone. The PUB socket is made and bound by the constructor, so that a taken
port is known at the start, and used under a lock afterwards: a lock is the memory barrier with which ZeroMQ allows a
socket to move to another thread, here from the one that builds to the one that runs the engine.
"""

import contextlib
import errno
import logging
import socket as sockets
import threading
from collections.abc import Iterator

import zmq

from pipeline.bus.address import check_bind, replay_address
from pipeline.bus.curve_keys import ServerKeys, server_keys, start_authenticator
from pipeline.bus.outbox import Outbox
from pipeline.bus.replay import Latest, ReplayServer, Replies
from pipeline.events import Event, encode, topic
from pipeline.sink import FrameResult

log = logging.getLogger(__name__)

# Messages one slow subscriber may have waiting: about 10 MB, or a minute of a busy node.
QUEUE = 20_000
_LINGER_MS = 500
_DRAWS = 20

Context = zmq.Context[zmq.Socket[bytes]]


class Publisher:
    """A sink that publishes every event and answers snapshot and replay requests beside it.

    bind: `tcp://127.0.0.1:5556`, `tcp://127.0.0.1:*` or `ipc://path`; other hosts need `curve`, a folder made by
    `python -m pipeline.curve`.  outbox: SQLite file that keeps events for replay; empty: none.
    `address` says where it is bound.  Raises ValueError for an address it cannot or must not take.
    """

    def __init__(self, bind: str, *, node: str, epoch: str, curve: str = "", outbox: str = "") -> None:
        check_bind(bind, curve=bool(curve))
        keys = server_keys(curve) if curve else None
        self._lock = threading.Lock()
        self._latest = Latest()
        with contextlib.ExitStack() as undo:
            self._outbox = undo.enter_context(contextlib.closing(Outbox(outbox))) if outbox else None
            context = undo.enter_context(_context(bind))
            if keys:
                undo.callback(start_authenticator(context, keys).stop)
            self._socket = undo.enter_context(_publishing(context, keys))
            replies = Replies(node, epoch, self._latest, self._outbox)
            self._replay = _bind_pair(self._socket, bind, keys=keys, replies=replies)
            undo.callback(self._replay.close)
            self._undo: contextlib.ExitStack | None = undo.pop_all()
        self.address = self._socket.get_string(zmq.LAST_ENDPOINT)
        log.info("events: publishing on %s, replay on %s", self.address, self.replay_address)

    @property
    def replay_address(self) -> str:
        """Where snapshot and replay are answered."""
        return replay_address(self.address)

    def on_event(self, event: Event) -> None:
        """Keep and publish one event; never blocks, does nothing after close()."""
        name, body = topic(event), encode(event)
        with self._lock:
            if self._undo is None:
                return
            # Kept first, so that nobody can see the gap after an event before that event can be had again.
            if self._outbox:
                self._outbox.put(name, event, body)
            self._latest.note(name, event, body)
            self._socket.send_multipart([name.encode(), body], zmq.NOBLOCK)

    def on_frame(self, view: FrameResult) -> None:
        """Pictures are not published."""

    def close(self) -> None:
        """Commit the outbox, give subscribers half a second to take what is queued, and free the address."""
        with self._lock:
            undo, self._undo = self._undo, None
        if undo:
            undo.close()


@contextlib.contextmanager
def _context(bind: str) -> Iterator[Context]:
    """A context of its own (one ZAP handler each); inproc needs the process's shared one, which is left alone."""
    if bind.startswith("inproc://"):
        yield zmq.Context.instance()
        return
    with zmq.Context() as context:
        yield context


def _publishing(context: Context, keys: ServerKeys | None) -> zmq.Socket[bytes]:
    """An unbound PUB socket with bounded queues; connections that died without a word are found by ping."""
    socket = context.socket(zmq.PUB)
    socket.sndhwm = QUEUE
    socket.linger = _LINGER_MS
    socket.maxmsgsize = 1 << 16
    socket.heartbeat_ivl = 5000
    if keys:
        keys.apply(socket)
    return socket


def _bind_pair(socket: zmq.Socket[bytes], bind: str, *, keys: ServerKeys | None, replies: Replies) -> ReplayServer:
    """Bind the publisher and, beside it, the replay server; a wildcard port is drawn again until both are free."""
    _refuse_taken_path(bind)
    tries = _DRAWS if bind.endswith(":*") else 1
    for left in reversed(range(tries)):
        address = bind
        try:
            socket.ipv6 = "[" in bind
            socket.bind(bind)
            endpoint = socket.get_string(zmq.LAST_ENDPOINT)
            address = replay_address(endpoint)
            return ReplayServer(socket.context, address, keys=keys, replies=replies)
        except zmq.ZMQError as error:
            if not left or address == bind:
                raise ValueError(_refusal(bind, address, error)) from error
            socket.unbind(endpoint)
    raise AssertionError("unreachable: the last try returns or raises")


def _refusal(bind: str, address: str, error: zmq.ZMQError) -> str:
    role = "" if address == bind else f" (replay, beside {bind!r})"
    if error.errno == errno.EADDRINUSE:
        return f"events.bind: {address!r}{role} is in use by another program; choose another port or stop that program"
    return f"events.bind: cannot listen on {address!r}{role}: {error.strerror}"


def _refuse_taken_path(bind: str) -> None:
    """ZeroMQ would silently take an ipc path from the program that listens on it."""
    scheme, _, path = bind.partition("://")
    if scheme != "ipc":
        return
    with sockets.socket(sockets.AF_UNIX) as probe, contextlib.suppress(OSError):
        probe.connect(path)
        raise ValueError(f"events.bind: {bind!r} is in use by another program; choose another path or stop it")
