"""The subscriber with real publishers over real sockets."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
import zmq

from pipeline.bus.client import Gap, Item, Subscriber
from pipeline.bus.publisher import Publisher
from pipeline.events import Event, HealthEvent, TrackAction, encode, topic
from tests.synthetic.events import camera, health, identity, renamed, sockets, track

TRACKS = ("v1/track/",)


@contextmanager
def node(bind: str = "tcp://127.0.0.1:*", *, epoch: str = "e1", outbox: str = "") -> Iterator[Publisher]:
    with closing(Publisher(bind, node="node", epoch=epoch, outbox=outbox)) as publisher:
        yield publisher


def join(publisher: Publisher, subscriber: Subscriber, *, epoch: str = "e1") -> list[Item]:
    """Send heartbeats until two arrive (the first may be from the snapshot); return all items received."""
    before: list[Item] = []
    beats = 0
    for seq in range(1000):
        publisher.on_event(health(seq, epoch=epoch))
        while (item := subscriber.receive(0.02)) is not None:
            beats += isinstance(item, HealthEvent) and item.epoch == epoch
            before.append(item)
        if beats >= 2:
            return before
    raise AssertionError("the subscription never reached the publisher")


def take(subscriber: Subscriber, count: int) -> list[Item]:
    """The next `count` items, heartbeats apart."""
    items: list[Item] = []
    while len(items) < count:
        item = subscriber.receive(5)
        assert item is not None, f"only {items}"
        if not isinstance(item, HealthEvent):
            items.append(item)
    return items


def seqs(items: list[Item]) -> list[tuple[str, int]]:
    assert not [item for item in items if isinstance(item, Gap)]
    return [(item.epoch, item.seq) for item in items if not isinstance(item, Gap | HealthEvent)]


def lose(publisher: Publisher, events: list[Event]) -> None:
    """Store events as if they had been published, but send them to nobody."""
    for event in events:
        name, body = topic(event), encode(event)
        if publisher._outbox:
            publisher._outbox.put(name, event, body)
        publisher._latest.update(name, event, body)


def test_a_late_subscriber_gets_the_snapshot_first() -> None:
    with node() as publisher:
        ended = [track(0, track=1), track(1, track=1, action=TrackAction.END)]
        for event in (camera(0), *ended, track(2, track=2), identity(0, person="李雷", number=2)):
            publisher.on_event(event)
        with Subscriber(publisher.address) as subscriber:
            before = join(publisher, subscriber)
            kinds = [(topic(item), item.seq) for item in before if not isinstance(item, Gap | HealthEvent)]
            assert kinds == [("v1/camera/door/", 0), ("v1/identity/door/", 0), ("v1/track/door/", 2)]
            publisher.on_event(track(3, track=2))
            assert seqs(take(subscriber, 1)) == [("e1", 3)]


def test_lost_events_are_replayed_from_the_outbox(tmp_path: Path) -> None:
    with node(outbox=str(tmp_path / "o.db")) as publisher, Subscriber(publisher.address) as subscriber:
        join(publisher, subscriber)
        publisher.on_event(track(0))
        lose(publisher, [track(seq) for seq in range(1, 1200)])
        publisher.on_event(track(1200))
        assert seqs(take(subscriber, 1201)) == [("e1", seq) for seq in range(1201)]
        publisher.on_event(track(1201))
        assert seqs(take(subscriber, 1)) == [("e1", 1201)], "no event arrives twice"


def test_without_an_outbox_lost_events_are_a_gap() -> None:
    with node() as publisher, Subscriber(publisher.address) as subscriber:
        join(publisher, subscriber)
        publisher.on_event(track(0))
        publisher.on_event(track(4))
        assert take(subscriber, 3)[1] == Gap("v1/track/door/", "e1", 1, 3)


def test_a_restart_completes_the_old_run_first(tmp_path: Path) -> None:
    outbox = str(tmp_path / "o.db")
    with node(outbox=outbox) as publisher:
        address = publisher.address
        subscriber = Subscriber(address, topics=(*TRACKS, "v1/health/"))
        join(publisher, subscriber)
        publisher.on_event(track(0))
        assert seqs(take(subscriber, 1)) == [("e1", 0)]
        lose(publisher, [track(1, action=TrackAction.END)])
    with closing(subscriber):
        with node(address, epoch="e2", outbox=outbox) as publisher:
            lose(publisher, [track(0, epoch="e2")])
            before = join(publisher, subscriber, epoch="e2")
            assert seqs(before) == [("e1", 1)]
            publisher.on_event(track(1, epoch="e2"))
            assert seqs(take(subscriber, 2)) == [("e2", 0), ("e2", 1)]


def test_a_stored_position_is_resumed(tmp_path: Path) -> None:
    with node(outbox=str(tmp_path / "o.db")) as publisher:
        with Subscriber(publisher.address) as subscriber:
            join(publisher, subscriber)
            for seq in range(4):
                publisher.on_event(track(seq))
            take(subscriber, 2)
            stopped = subscriber.position
        assert stopped.last_seq["v1/track/door/"] == 1
        with Subscriber(publisher.address, topics=TRACKS, start=stopped) as subscriber:
            publisher.on_event(track(4))
            beats = iter(range(100, 1000))
            while (item := subscriber.receive(0.02)) is None:
                publisher.on_event(health(next(beats), {"v1/track/door/": 4}))
            assert seqs([item, *take(subscriber, 2)]) == [("e1", 2), ("e1", 3), ("e1", 4)]


def test_replay_starts_with_every_stored_event(tmp_path: Path) -> None:
    with node(outbox=str(tmp_path / "o.db")) as publisher:
        for seq in range(1500):
            publisher.on_event(track(seq))
        with Subscriber(publisher.address, topics=TRACKS, start="replay") as subscriber:
            assert seqs(take(subscriber, 1500)) == [("e1", seq) for seq in range(1500)]


def test_a_burst_arrives_once_and_in_order(tmp_path: Path) -> None:
    with node(outbox=str(tmp_path / "o.db")) as publisher, Subscriber(publisher.address, topics=TRACKS) as subscriber:
        publisher.on_event(health(0))
        for seq in range(3000):
            publisher.on_event(track(seq))
            if not seq % 1000:
                publisher.on_event(health(seq // 1000 + 1, {"v1/track/door/": seq}))
        beats = iter(range(100, 1000))
        got: list[tuple[str, int]] = []
        while not got or got[-1][1] < 2999:
            item = subscriber.receive(0.05)
            if item is None:
                publisher.on_event(health(next(beats), {"v1/track/door/": 2999}))
            else:
                got += seqs([item])
        # A late subscription starts with the event of the snapshot; nothing is missing after it.
        assert got == [("e1", seq) for seq in range(got[0][1], 3000)]


def test_the_subscriber_may_start_before_the_publisher(tmp_path: Path) -> None:
    address = f"ipc://{tmp_path}/bus"
    with Subscriber(address) as subscriber:
        assert subscriber.receive(0.01) is None
        with node(address) as publisher:
            join(publisher, subscriber)


def test_invalid_messages_are_ignored(caplog: pytest.LogCaptureFixture) -> None:
    with sockets() as context, context.socket(zmq.XPUB) as rogue:
        rogue.linger = 0
        rogue.rcvtimeo = 5000
        port = rogue.bind_to_random_port("tcp://127.0.0.1")
        with Subscriber(f"tcp://127.0.0.1:{port}", topics=TRACKS, start="live") as subscriber:
            assert {rogue.recv(), rogue.recv()} == {b"\x01v1/track/", b"\x01v1/health/"}
            rogue.send_multipart([b"v1/track/door/", b'{"kind": "picture"}'])
            rogue.send(b"v1/track/door/")
            rogue.send_multipart([b"v1/track/door/", encode(track(0)).replace(b'"door"', b'"\xff"')])
            rogue.send_multipart([b"v1/track/door/", b'{"kind":"track","more":' + b"[" * 50_000])
            rogue.send_multipart([b"v1/track/door/", encode(track(0))])
            assert seqs(take(subscriber, 1)) == [("e1", 0)]
    assert caplog.text.count("is not an event") == 4


def test_an_action_of_a_later_version_is_ignored_without_a_word(caplog: pytest.LogCaptureFixture) -> None:
    with sockets() as context, context.socket(zmq.XPUB) as rogue:
        rogue.linger = 0
        rogue.rcvtimeo = 5000
        port = rogue.bind_to_random_port("tcp://127.0.0.1")
        with Subscriber(f"tcp://127.0.0.1:{port}", topics=("v1/person/",), start="live") as subscriber:
            assert {rogue.recv(), rogue.recv()} == {b"\x01v1/person/", b"\x01v1/health/"}
            body = encode(renamed("Ada", "Bea"))
            rogue.send_multipart([b"v1/person/x/", body.replace(b'"renamed"', b'"vanished"')])
            rogue.send_multipart([b"v1/person/x/", body])
            [found] = take(subscriber, 1)
    assert (found.person, caplog.text) == ("Bea", "")


def test_silence_is_measured_with_the_given_clock() -> None:
    now = 100.0
    with node() as publisher, Subscriber(publisher.address, clock=lambda: now) as subscriber:
        now = 107.0
        assert subscriber.silent_seconds == 7.0


def test_inproc() -> None:
    with node("inproc://client-test") as publisher, Subscriber(publisher.address) as subscriber:
        join(publisher, subscriber)


def test_iteration_and_closing_twice() -> None:
    with node() as publisher:
        event = camera(0)
        publisher.on_event(event)
        subscriber = Subscriber(publisher.address)
        assert next(iter(subscriber)) == event
        subscriber.close()
        subscriber.close()


@pytest.mark.parametrize("address", ["nonsense", "tcp://127.0.0.1", "tcp://127.0.0.1:*"])
def test_invalid_addresses_are_refused(address: str) -> None:
    with pytest.raises(ValueError, match=r"address: expected tcp://HOST:PORT"):
        Subscriber(address)


def test_missing_keys_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"client\.key_secret"):
        Subscriber("tcp://127.0.0.1:5556", curve=str(tmp_path))


def test_a_replay_port_that_comes_back_after_the_publisher_loses_nothing() -> None:
    """The heartbeat goes on for a minute of the client's clock before requests are answered."""
    now = 0.0
    with sockets() as context, context.socket(zmq.XPUB) as bus, context.socket(zmq.ROUTER) as replay:
        for socket in (bus, replay):
            socket.linger = 0
            socket.rcvtimeo = 5000
        port = bus.bind_to_random_port("tcp://127.0.0.1")
        with Subscriber(f"tcp://127.0.0.1:{port}", topics=TRACKS, start="live", clock=lambda: now) as subscriber:
            assert {bus.recv(), bus.recv()} == {b"\x01v1/track/", b"\x01v1/health/"}
            for event in (track(0), track(2)):
                bus.send_multipart([topic(event).encode(), encode(event)])
            assert seqs(take(subscriber, 1)) == [("e1", 0)]
            for beat in range(60):
                now += 1.0
                bus.send_multipart([b"v1/health/node/", encode(health(beat))])
                while subscriber.silent_seconds:
                    assert subscriber.receive(0) is None
            replay.bind(f"tcp://127.0.0.1:{port + 1}")
            peer, request = replay.recv_multipart()
            answer = {"answer": "replay", "id": json.loads(request)["id"], "node": "node", "epoch": "e1"}
            answer |= {"events": [json.loads(encode(track(1)))], "more": False, "cursor": 1}
            replay.send_multipart([peer, json.dumps(answer).encode()])
            assert seqs(take(subscriber, 2)) == [("e1", 1), ("e1", 2)]


def test_an_answer_that_waits_in_the_socket_counts_however_slow_the_consumer_is() -> None:
    now = 0.0
    with sockets() as context, context.socket(zmq.XPUB) as bus, context.socket(zmq.ROUTER) as replay:
        for socket in (bus, replay):
            socket.linger = 0
            socket.rcvtimeo = 5000
        port = bus.bind_to_random_port("tcp://127.0.0.1")
        replay.bind(f"tcp://127.0.0.1:{port + 1}")
        with Subscriber(f"tcp://127.0.0.1:{port}", topics=TRACKS, start="live", clock=lambda: now) as subscriber:
            assert {bus.recv(), bus.recv()} == {b"\x01v1/track/", b"\x01v1/health/"}
            for event in (track(0), track(2)):
                bus.send_multipart([topic(event).encode(), encode(event)])
            assert seqs(take(subscriber, 1)) == [("e1", 0)]
            while not subscriber._state.deadline:
                subscriber.receive(0)
            peer, request = replay.recv_multipart()
            answer = {"answer": "replay", "id": json.loads(request)["id"], "node": "node", "epoch": "e1"}
            answer |= {"events": [json.loads(encode(track(1)))], "more": False, "cursor": 1}
            replay.send_multipart([peer, json.dumps(answer).encode()])
            assert subscriber._requests.poll(5000), "the answer has arrived"
            now += 1000.0
            assert seqs(take(subscriber, 2)) == [("e1", 1), ("e1", 2)]


@pytest.mark.parametrize("damaged", [0, 2, 4])
def test_a_damaged_event_is_a_gap_and_the_others_arrive(damaged: int, tmp_path: Path) -> None:
    outbox = str(tmp_path / "o.db")
    with node(outbox=outbox) as publisher:
        lose(publisher, [track(seq) for seq in range(5)])
    with closing(sqlite3.connect(outbox)) as database, database:
        database.execute("UPDATE events SET body = x'ff' || substr(body, 2) WHERE seq = ?", (damaged,))
    with (
        node(epoch="e2", outbox=outbox) as publisher,
        Subscriber(publisher.address, topics=TRACKS, start="replay") as subscriber,
    ):
        items = take(subscriber, 5)
        assert items.pop(damaged) == Gap("v1/track/door/", "e1", damaged, damaged)
        assert len(seqs(items)) == 4
