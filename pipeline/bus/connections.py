"""Limits the connections of a bound TCP socket, which ZeroMQ itself does not: how many, and how much each may send.

A subscriber sends a handshake, its topics and perhaps pings, so bytes are a measure of its subscriptions. ZeroMQ
keeps every subscription and says nothing of who made it; the operating system knows what each connection has sent.
"""

import logging
import os
import resource
import socket as sockets
import struct
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass

import zmq
from zmq.utils.monitor import parse_monitor_message

log = logging.getLogger(__name__)

MAX_CONNECTIONS = 256
MAX_SENT_BYTES = 256 << 10  # of one connection; some thousand subscriptions
MAX_SENT_BYTES_OF_ALL = 2 << 20  # about 100 MB: libzmq keeps some 50 bytes for each byte of a topic
SENT_BYTES_PER_SECOND = 64  # on top, for pings and their answers, encrypted
CHECK_MS = 20
_DESCRIPTOR_SHARE = 4
_BYTES_RECEIVED = struct.Struct("=Q")
_BYTES_RECEIVED_OFFSET = 128  # tcpi_bytes_received in struct tcp_info of linux/tcp.h
_EVENTS = zmq.EVENT_ACCEPTED | zmq.EVENT_DISCONNECTED | zmq.EVENT_CLOSED | zmq.EVENT_MONITOR_STOPPED


@dataclass(frozen=True, slots=True)
class _Connection:
    """Both ends, and when it was accepted: monotonic seconds."""

    ends: tuple[object, object]
    since: float


class ConnectionLimits:
    """A thread that ends connections of `socket` beyond the limits; for ipc, which files protect, it does nothing.

    Make it before the socket is bound, and close it before the socket.
    counts_bytes: whether what a peer sends is limited too; False where peers send requests.
    """

    def __init__(
        self, socket: zmq.Socket[bytes], *, counts_bytes: bool = True, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._socket, self._counts_bytes, self._clock = socket, counts_bytes, clock
        self._open: dict[int, _Connection] = {}
        self._refused = 0
        address = f"inproc://connections-{id(self)}"
        socket.monitor(address, _EVENTS)
        self._monitor = socket.context.socket(zmq.PAIR)
        self._monitor.linger = 0
        self._monitor.connect(address)
        self._thread = threading.Thread(target=self._run, name="connections", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the thread; the connections stay. Call it once."""
        self._socket.disable_monitor()
        self._thread.join()
        self._monitor.close()

    def _run(self) -> None:
        while True:
            while self._monitor.poll(CHECK_MS if self._open and self._counts_bytes else None):
                message = parse_monitor_message(self._monitor.recv_multipart())
                if message["event"] == zmq.EVENT_MONITOR_STOPPED:
                    return
                self._note(message["event"], message["value"])
            self._check()

    def _note(self, event: int, descriptor: int) -> None:
        self._open.pop(descriptor, None)
        if event != zmq.EVENT_ACCEPTED:
            return
        with suppress(OSError), closing(_copy(descriptor)) as connection:
            if len(self._open) >= max_connections():
                self._end(connection, f"{len(self._open)} connections are open")
            elif connection.family in (sockets.AF_INET, sockets.AF_INET6):
                self._open[descriptor] = _Connection(_ends(connection), self._clock())

    def _check(self) -> None:
        now = self._clock()
        share = min(MAX_SENT_BYTES, MAX_SENT_BYTES_OF_ALL // max(1, len(self._open)))
        for descriptor, known in list(self._open.items()):
            with suppress(OSError), closing(_copy(descriptor)) as connection:
                sent = _received_bytes(connection)
                if _ends(connection) == known.ends and sent > share + SENT_BYTES_PER_SECOND * (now - known.since):
                    self._end(connection, f"a subscriber has sent {sent} bytes, too many subscriptions")

    def _end(self, connection: sockets.socket, why: str) -> None:
        connection.shutdown(sockets.SHUT_RDWR)
        self._refused += 1
        if self._refused & (self._refused - 1) == 0:  # a peer that comes back for ever must not fill the log
            log.warning("events: ended a connection of %s: %s (%d so far)", _ends(connection)[1], why, self._refused)


def max_connections() -> int:
    """How many connections one socket may have: at most a quarter of the file descriptors of this process."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MAX_CONNECTIONS if soft == resource.RLIM_INFINITY else min(MAX_CONNECTIONS, soft // _DESCRIPTOR_SHARE)


def _copy(descriptor: int) -> sockets.socket:
    """A second descriptor of a connection, so that the number cannot become that of another file meanwhile."""
    return sockets.socket(fileno=os.dup(descriptor))


def _ends(connection: sockets.socket) -> tuple[object, object]:
    return connection.getsockname(), connection.getpeername()


def _received_bytes(connection: sockets.socket) -> int:
    """What the peer has sent, bytes; 0 where the operating system does not say."""
    if sys.platform != "linux":
        return 0
    length = _BYTES_RECEIVED_OFFSET + _BYTES_RECEIVED.size
    info = connection.getsockopt(sockets.IPPROTO_TCP, sockets.TCP_INFO, length)
    return int(_BYTES_RECEIVED.unpack_from(info, _BYTES_RECEIVED_OFFSET)[0]) if len(info) == length else 0
