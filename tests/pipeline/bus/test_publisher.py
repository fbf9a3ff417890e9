"""The publisher on real sockets: what subscribers receive, slow subscribers, and addresses that cannot be bound."""

import json
import os
import socket
import sqlite3
import stat
import threading
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import jsonschema
import pytest
import zmq

from pipeline.bus.outbox import Outbox, Row
from pipeline.bus.outbox.file import OutboxFile
from pipeline.bus.publisher import Publisher
from pipeline.events import decode, encode, topic
from pipeline.schema import events_schema
from tests.synthetic.events import Context, health, one_of_each, sockets, track, until


def publisher(bind: str = "tcp://127.0.0.1:*", outbox: str = "") -> closing[Publisher]:
    return closing(Publisher(bind, node="node", epoch="e1", outbox=outbox))


def subscribed(context: Context, bus: Publisher, *topics: str) -> zmq.Socket[bytes]:
    """A plain SUB socket whose subscriptions have reached the publisher: the last one is answered."""
    sub = context.socket(zmq.SUB)
    sub.linger = 0
    sub.rcvhwm = 0
    sub.rcvtimeo = 10000
    for name in (*topics, "v1/health/"):
        sub.subscribe(name)
    sub.connect(bus.address)
    until(lambda: bool(sub.poll(20)), poke=lambda: bus.on_event(health(0)))
    sub.recv_multipart()
    bus.on_event(health(1))
    while decode(sub.recv_multipart()[1]).seq != 1:
        pass
    return sub


@pytest.mark.parametrize("scheme", ["tcp", "ipc"])
def test_each_event_arrives_with_its_topic_and_fits_the_schema(scheme: str, tmp_path: Path) -> None:
    bind = "tcp://127.0.0.1:*" if scheme == "tcp" else f"ipc://{tmp_path}/bus"
    with publisher(bind) as bus, sockets() as context, subscribed(context, bus, "v1/") as sub:
        for event in one_of_each("Zoë 李雷"):
            bus.on_event(event)
            name, body = sub.recv_multipart()
            assert (name.decode(), decode(body)) == (topic(event), event)
            jsonschema.validate(json.loads(body), events_schema())


def test_a_topic_does_not_match_longer_camera_names(tmp_path: Path) -> None:
    with publisher() as bus, sockets() as context, subscribed(context, bus, "v1/track/cam1/") as sub:
        bus.on_event(track(0, camera="cam10"))
        bus.on_event(track(0, camera="cam1"))
        assert decode(sub.recv_multipart()[1]).camera == "cam1"


def test_a_fast_subscriber_receives_ten_thousand_events() -> None:
    with publisher() as bus, sockets() as context, subscribed(context, bus, "v1/track/") as sub:
        seen: list[int] = []
        reader = threading.Thread(target=lambda: seen.extend(decode(sub.recv_multipart()[1]).seq for _ in range(10000)))
        reader.start()
        for seq in range(10000):
            bus.on_event(track(seq))
        reader.join(15)
        assert seen == list(range(10000))


def test_a_stalled_subscriber_does_not_block_the_publisher(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.bus.publisher.SEND_QUEUE_MESSAGES", 50)
    with publisher() as bus, sockets() as context, context.socket(zmq.SUB) as sub:
        sub.linger = 0
        sub.rcvhwm = 50
        sub.rcvbuf = 8192
        sub.rcvtimeo = 1000
        sub.subscribe("v1/")
        sub.connect(bus.address)
        until(lambda: bool(sub.poll(20)), poke=lambda: bus.on_event(health(0)))
        big = "x" * 2000
        slowest = 0.0
        for seq in range(8000):
            began = time.perf_counter()
            bus.on_event(track(seq, reason=big))
            slowest = max(slowest, time.perf_counter() - began)
        assert slowest < 1.0
        got = [decode(sub.recv_multipart()[1]) for _ in range(50)]
        while sub.poll(200):
            got.append(decode(sub.recv_multipart()[1]))
        seqs = [event.seq for event in got if topic(event) == "v1/track/door/"]
        assert seqs == sorted(set(seqs))
        assert len(seqs) < 8000, "the bounded queue dropped some"


def test_events_may_come_from_another_thread() -> None:
    with publisher() as bus, sockets() as context, subscribed(context, bus, "v1/track/") as sub:

        def publish() -> None:
            for seq in range(100):
                bus.on_event(track(seq))

        engine = threading.Thread(target=publish)
        engine.start()
        engine.join()
        assert [decode(sub.recv_multipart()[1]).seq for _ in range(100)] == list(range(100))


def test_events_after_close_are_ignored() -> None:
    with publisher() as bus:
        bus.close()
        bus.on_event(track(0))
        bus.on_frame(None)  # type: ignore[arg-type]


def test_close_frees_the_address() -> None:
    with publisher() as bus:
        address = bus.address
    with publisher(address) as again:
        assert again.address == address


def test_a_port_in_use_is_named(tmp_path: Path) -> None:
    outbox = str(tmp_path / "o.db")
    with publisher() as bus, pytest.raises(ValueError, match=f"{bus.address}.* is in use by another program"):
        Publisher(bus.address, node="n", epoch="e", outbox=outbox)


def test_a_replay_port_in_use_is_named() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(ValueError, match=rf"{port}.*replay, beside .*{port - 1}.* is in use"):
            Publisher(f"tcp://127.0.0.1:{port - 1}", node="n", epoch="e")


def test_an_ipc_path_in_use_is_refused(tmp_path: Path) -> None:
    with publisher(f"ipc://{tmp_path}/bus"), pytest.raises(ValueError, match=r"ipc://.*/bus.* is in use"):
        Publisher(f"ipc://{tmp_path}/bus", node="n", epoch="e")


def test_an_ipc_path_left_by_a_killed_node_is_reused(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(f"{tmp_path}/bus")
    with publisher(f"ipc://{tmp_path}/bus") as bus:
        assert bus.replay_address == f"ipc://{tmp_path}/bus.replay"


def test_an_address_that_cannot_be_bound_is_named() -> None:
    with pytest.raises(ValueError, match=r"events.bind: cannot listen on 'ipc:///nowhere/at/all'"):
        Publisher("ipc:///nowhere/at/all", node="n", epoch="e")


def test_inproc_needs_no_keys() -> None:
    with publisher("inproc://events-test") as bus:
        bus.on_event(track(0))
        assert bus.replay_address == "inproc://events-test.replay"


def test_published_events_are_stored(tmp_path: Path) -> None:
    event = track(0)
    with publisher(outbox=str(tmp_path / "o.db")) as bus, sockets() as context, context.socket(zmq.REQ) as client:
        bus.on_event(event)
        client.linger = 0
        client.rcvtimeo = 5000
        client.connect(bus.replay_address)
        client.send(b'{"request": "replay"}')
        answer = client.recv()
        assert encode(event) in answer


def test_events_that_the_outbox_could_not_store_are_counted_at_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.bus.outbox.schema._WRITER_BUSY_TIMEOUT_MS", 1)
    path = tmp_path / "o.db"
    bus = Publisher("tcp://127.0.0.1:*", node="node", epoch="e1", outbox=str(path))
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        for seq in range(3):
            bus.on_event(track(seq))
        with pytest.raises(OSError, match=r"^outbox .*o\.db: not everything could be stored; lost events: 3$"):
            bus.close()
    bus.close()


class SlowDiskOutbox(Outbox):
    """An outbox whose disk takes events only when told to."""

    def __init__(self, path: str) -> None:
        self.may_write = threading.Event()
        super().__init__(path, commit_seconds=0.0)
        self._file.store = self._store_once_told  # type: ignore[method-assign]

    def _store_once_told(self, batch: Sequence[Row]) -> None:
        self.may_write.wait(10)
        OutboxFile.store(self._file, batch)


def test_what_a_subscriber_receives_is_stored(tmp_path: Path) -> None:
    path = tmp_path / "o.db"
    with publisher(outbox=str(path)) as bus, sockets() as context, subscribed(context, bus, "v1/track/") as sub:
        with closing(sqlite3.connect(path)) as reader:
            for seq in range(20):
                bus.on_event(track(seq))
                sub.recv_multipart()
                query = "SELECT max(seq) FROM events WHERE topic = 'v1/track/door/'"
                assert reader.execute(query).fetchone() == (seq,)


def test_a_disk_that_stands_still_delays_neither_the_engine_nor_many_events(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.bus.write_ahead.STORE_TIMEOUT_SECONDS", 0.01)
    monkeypatch.setattr("pipeline.bus.publisher.Outbox", SlowDiskOutbox)
    with publisher(outbox=str(tmp_path / "o.db")) as bus, sockets() as context:
        with subscribed(context, bus, "v1/track/") as sub:
            for seq in range(500):
                bus.on_event(track(seq))
            assert [decode(sub.recv_multipart()[1]).seq for _ in range(500)] == list(range(500))
        assert isinstance(bus._outbox, SlowDiskOutbox)
        bus._outbox.may_write.set()


def test_a_message_that_is_too_large_for_a_subscription_ends_the_connection() -> None:
    with publisher() as bus, sockets() as context, context.socket(zmq.XSUB) as hostile:
        hostile.linger = 0
        with hostile.get_monitor_socket(zmq.EVENT_DISCONNECTED) as monitor:
            hostile.connect(bus.address)
            hostile.send(b"\x01" + b"x" * 2000)
            assert monitor.poll(5000), "the node keeps a connection that sends 2000 bytes for a topic"
            hostile.monitor(None, 0)


def test_only_the_owner_may_open_the_files_of_an_ipc_address(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        with closing(Publisher(f"ipc://{tmp_path}/bus", node="node", epoch="e1")):
            modes = [stat.S_IMODE((tmp_path / name).stat().st_mode) & 0o077 for name in ("bus", "bus.replay")]
        assert os.umask(0) == 0, "the mask of the process is as it was"
    finally:
        os.umask(before)
    assert modes == [0, 0]
