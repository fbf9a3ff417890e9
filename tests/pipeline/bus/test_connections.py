"""Peers that open too many connections or send too many subscriptions, on real sockets."""

import socket
import struct
from contextlib import ExitStack, closing, suppress

import pytest
import zmq

from pipeline.bus.connections import ConnectionLimits, max_connections, network_of
from pipeline.bus.publisher import Publisher
from pipeline.events import decode
from tests.synthetic.events import health, sockets, until


def publisher() -> closing[Publisher]:
    return closing(Publisher("tcp://127.0.0.1:*", node="node", epoch="e1"))


def test_a_peer_with_too_many_subscriptions_is_disconnected_and_the_others_go_on() -> None:
    with publisher() as bus, sockets() as context, context.socket(zmq.SUB) as good, context.socket(zmq.SUB) as hostile:
        good.subscribe("v1/health/")
        good.connect(bus.address)
        until(lambda: bool(good.poll(20)), poke=lambda: bus.on_event(health(0)))
        hostile.linger, hostile.sndhwm = 0, 0
        with hostile.get_monitor_socket(zmq.EVENT_DISCONNECTED) as monitor:
            hostile.connect(bus.address)
            for number in range(20_000):
                hostile.subscribe(f"v1/track/{number:030d}/")
            until(lambda: bool(monitor.poll(10)), poke=lambda: bus.on_event(health(0)))
            hostile.monitor(None, 0)
        bus.on_event(health(1))
        while decode(good.recv_multipart()[1]).seq != 1:
            pass


def test_peers_with_many_subscriptions_together_are_disconnected_whatever_their_topics(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("pipeline.bus.connections.MAX_SENT_BYTES_OF_ALL", 40_000)
    with publisher() as bus, sockets() as context, ExitStack() as stack:
        peers = [stack.enter_context(context.socket(zmq.XSUB)) for _ in range(4)]
        monitors = [peer.get_monitor_socket(zmq.EVENT_DISCONNECTED) for peer in peers]
        for peer, monitor in zip(peers, monitors, strict=True):
            stack.enter_context(monitor)
            stack.callback(peer.monitor, None, 0)
            peer.linger, peer.sndhwm, peer.reconnect_ivl = 0, 0, -1
            peer.connect(bus.address)
        for number in range(200):
            for place, peer in enumerate(peers):
                peer.send(b"\x01none of ours/%d/%090d" % (place, number))
        until(lambda: sum(bool(monitor.poll(5)) for monitor in monitors) >= 3, poke=lambda: bus.on_event(health(0)))


@pytest.mark.parametrize("offset", [0, 1], ids=["publisher", "replay"])
def test_connections_beyond_the_limit_are_ended_and_free_ones_are_given_again(
    offset: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a key, too: the greeting comes before the handshake. 127.0.0.2 is another address of this machine."""
    monkeypatch.setattr("pipeline.bus.connections.MAX_CONNECTIONS", 5)
    with publisher() as bus, ExitStack() as stack:
        port = int(bus.address.rpartition(":")[2]) + offset

        def connect(number: int = 1) -> socket.socket:
            source = (f"127.0.0.{number}", 0)
            made = socket.create_connection(("127.0.0.1", port), timeout=10, source_address=source)
            return stack.enter_context(made)

        accepted = [connect(number) for number in (1, 1, 2, 2)]
        assert all(connection.recv(1) for connection in accepted)  # ZeroMQ's greeting
        assert is_ended(connect(1)), "one address has half of them at most"
        assert connect(3).recv(1)
        assert is_ended(connect(4))
        accepted[0].close()
        until(lambda: not is_ended(connect(4), timeout=0.2))


@pytest.mark.parametrize(
    ("peer", "network"),
    [
        (("192.0.2.7", 5), "192.0.2.7"),
        (("::ffff:192.0.2.7", 5, 0, 0), "192.0.2.7"),
        (("2001:db8::1:2:3:4", 5, 0, 0), "2001:db8::/64"),
        (("fe80::1%eth0", 5, 0, 2), "fe80::/64"),
        ("/run/socket", ""),
        ("", ""),
    ],
)
def test_hosts_are_told_apart(peer: object, network: str) -> None:
    assert network_of(peer) == network


def is_ended(connection: socket.socket, timeout: float = 10) -> bool:
    """Whether the peer ends a connection within `timeout` seconds."""
    connection.settimeout(timeout)
    try:
        while connection.recv(100):
            pass
    except TimeoutError:
        return False
    except ConnectionError:
        return True
    return True


def test_the_limit_is_below_that_of_descriptors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.bus.connections.resource.getrlimit", lambda _: (64, 64))
    assert max_connections() == 16


def test_an_unused_socket_closes_at_once() -> None:
    with sockets() as context, context.socket(zmq.PUB) as socket, closing(ConnectionLimits(socket)):
        socket.bind("tcp://127.0.0.1:*")


def greet(port: int) -> socket.socket:
    """A DEALER by hand (ZMTP 3.0, NULL), to send what libzmq would not."""
    peer = socket.create_connection(("127.0.0.1", port), timeout=10)
    peer.sendall(b"\xff" + bytes(8) + b"\x7f\x03\x00" + b"NULL".ljust(20, b"\0") + b"\0" + bytes(31))
    ready = b"\x05READY\x0bSocket-Type" + struct.pack(">I", 6) + b"DEALER\x08Identity" + struct.pack(">I", 0)
    peer.sendall(b"\x04" + bytes([len(ready)]) + ready)
    answer = b""
    while b"Socket-Type" not in answer:
        answer += peer.recv(1000)
    return peer


def frame(body: bytes, *, more: bool) -> bytes:
    return struct.pack(">BQ", 2 | more, len(body)) + body


def send_for_ever(peer: socket.socket, data: bytes) -> None:
    for _ in range(100_000_000 // len(data)):
        peer.sendall(data)


@pytest.mark.parametrize("size", [0, 100_000])
def test_a_request_without_end_is_cut_off_and_others_are_answered(size: int) -> None:
    with publisher() as bus, sockets() as context, context.socket(zmq.DEALER) as good:
        good.connect(bus.replay_address)
        with greet(int(bus.replay_address.rpartition(":")[2])) as peer:
            piece = frame(bytes(size), more=True) * (1 if size else 10_000)
            peer.settimeout(0.5)
            with suppress(OSError):
                send_for_ever(peer, piece)
            assert is_ended(peer)
        good.send(b'{"request": "snapshot"}')
        assert good.poll(10_000)


def test_a_peer_may_ask_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.bus.connections.MAX_UNREAD_BYTES", 20_000)
    monkeypatch.setattr("pipeline.bus.connections.CHECK_MS", 1)
    with publisher() as bus, sockets() as context, context.socket(zmq.DEALER) as good:
        with good.get_monitor_socket(zmq.EVENT_DISCONNECTED) as monitor:
            good.connect(bus.replay_address)
            for _ in range(100):
                good.send(b'{"request": "snapshot", "topic": "%s"}' % (b"x" * 2000))
                assert good.poll(10_000)
                good.recv()
            assert not monitor.poll(50)
            good.monitor(None, 0)


def test_peers_of_old_protocols_and_garbage_end_nothing() -> None:
    """What does not begin with a greeting is ZMTP 1, whose messages do not say from which connection they are."""
    with publisher() as bus, sockets() as context, context.socket(zmq.DEALER) as good:
        port = int(bus.replay_address.rpartition(":")[2])
        for data in (b"\x01\x00\x03\x00no", b"\x01\x00\x18\x00" + b'{"request": "snapshot"}', bytes(range(1, 200))):
            with socket.create_connection(("127.0.0.1", port), timeout=10) as peer:
                peer.sendall(data)
                peer.shutdown(socket.SHUT_WR)
                is_ended(peer, timeout=1)
        good.connect(bus.replay_address)
        good.send(b'{"request": "snapshot"}')
        assert good.poll(10_000)
