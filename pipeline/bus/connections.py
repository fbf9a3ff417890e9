"""Limits the connections of a bound TCP socket, which ZeroMQ itself does not: how many, and how much each may send.

A subscriber sends a handshake, its topics and perhaps pings, so bytes are a measure of its subscriptions. ZeroMQ
keeps every subscription and says nothing of who made it; the operating system knows what each connection has sent.
Where peers send requests, what counts is what one has sent since its last complete request: ZeroMQ limits the frames
of a message, not their number, and keeps them all until the last one has come.
"""

import ipaddress
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
MAX_UNREAD_BYTES = 512 << 10  # of one connection; libzmq keeps 64 bytes for each frame, and a frame may be empty
MAX_UNREAD_BYTES_OF_ALL = 24 << 20
SENT_BYTES_PER_SECOND = 64  # on top, for pings and their answers, encrypted
CHECK_MS = 20
_DESCRIPTOR_SHARE = 4
_ADDRESS_SHARE = (
    2  # of all connections one address may have half: a handshake comes later, so it needs no key to hold them
)
_BYTES_RECEIVED = struct.Struct("=Q")
_BYTES_RECEIVED_OFFSET = 128  # tcpi_bytes_received in struct tcp_info of linux/tcp.h
_EVENTS = zmq.EVENT_ACCEPTED | zmq.EVENT_DISCONNECTED | zmq.EVENT_CLOSED | zmq.EVENT_MONITOR_STOPPED


@dataclass(slots=True)
class _Connection:
    """Both ends, and when it was accepted: monotonic seconds.

    was_read: how many bytes the peer had sent when its last complete request was read.
    """

    ends: tuple[object, object]
    since: float
    was_read: int = 0


class ConnectionLimits:
    """A thread that ends connections of `socket` beyond the limits; for ipc, which files protect, it does nothing.

    Make it before the socket is bound, and close it before the socket.
    answers: whether peers send requests, each of which is told by `note_request`; otherwise they subscribe.
    """

    def __init__(
        self, socket: zmq.Socket[bytes], *, answers: bool = False, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._socket, self._answers, self._clock = socket, answers, clock
        self._open: dict[int, _Connection] = {}
        self._refused = 0
        address = f"inproc://connections-{id(self)}"
        socket.monitor(address, _EVENTS)
        self._monitor = socket.context.socket(zmq.PAIR)
        self._monitor.linger = 0
        self._monitor.connect(address)
        self._thread = threading.Thread(target=self._run, name="connections", daemon=True)
        self._thread.start()

    def note_request(self, descriptor: int) -> None:
        """Note that a complete request of the connection with this descriptor (ZMQ_SRCFD) was read."""
        if known := self._open.get(descriptor):
            with suppress(OSError), closing(_copy(descriptor)) as connection:
                known.was_read = _received_bytes(connection)

    def close(self) -> None:
        """End the thread; the connections stay. Call it once."""
        self._socket.disable_monitor()
        self._thread.join()
        self._monitor.close()

    def _run(self) -> None:
        while True:
            while self._monitor.poll(CHECK_MS if self._open else None):
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
            network = network_of(_ends(connection)[1])
            of_one = sum(network_of(known.ends[1]) == network for known in self._open.values())
            if len(self._open) >= max_connections():
                self._end(connection, f"{len(self._open)} connections are open")
            elif network and of_one >= max_connections() // _ADDRESS_SHARE:
                self._end(connection, f"{of_one} connections of one address are open")
            elif connection.family in (sockets.AF_INET, sockets.AF_INET6):
                self._open[descriptor] = _Connection(_ends(connection), self._clock())

    def _check(self) -> None:
        for descriptor, known in list(self._open.items()):
            with suppress(OSError), closing(_copy(descriptor)) as connection:
                sent = _received_bytes(connection) - known.was_read
                if _ends(connection) == known.ends and sent > self._allowed_bytes(known):
                    what = "a request without end" if self._answers else "too many subscriptions"
                    self._end(connection, f"a peer has sent {sent} bytes, {what}")

    def _allowed_bytes(self, known: _Connection) -> float:
        count = max(1, len(self._open))
        if self._answers:
            return min(MAX_UNREAD_BYTES, MAX_UNREAD_BYTES_OF_ALL // count)
        share = min(MAX_SENT_BYTES, MAX_SENT_BYTES_OF_ALL // count)
        return share + SENT_BYTES_PER_SECOND * (self._clock() - known.since)

    def _end(self, connection: sockets.socket, why: str) -> None:
        connection.shutdown(sockets.SHUT_RDWR)
        self._refused += 1
        if self._refused & (self._refused - 1) == 0:  # a peer that comes back for ever must not fill the log
            log.warning("events: ended a connection of %s: %s (%d so far)", _ends(connection)[1], why, self._refused)


def max_connections() -> int:
    """How many connections one socket may have: at most a quarter of the file descriptors of this process."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MAX_CONNECTIONS if soft == resource.RLIM_INFINITY else min(MAX_CONNECTIONS, soft // _DESCRIPTOR_SHARE)


def network_of(peer: object) -> str:
    """The address of a peer, of IPv6 its network of 64 bits, which one host has for itself; empty for other kinds."""
    try:
        address = ipaddress.ip_address(str(peer[0]).partition("%")[0]) if isinstance(peer, tuple) else None
    except ValueError:
        return ""
    if isinstance(address, ipaddress.IPv6Address):
        return str(address.ipv4_mapped or ipaddress.ip_network((int(address) >> 64 << 64, 64)))
    return str(address or "")


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
