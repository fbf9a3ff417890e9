"""Answers to snapshot and replay requests, and to invalid ones."""

import json
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import zmq
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.bus.latest_events import LatestEvents
from pipeline.bus.outbox import Outbox, OutboxReader, StoredEvent
from pipeline.bus.publisher import Publisher
from pipeline.bus.replay import MAX_REQUEST_BYTES, RequestHandler, _fit_page
from pipeline.bus.write_ahead import WriteAhead
from pipeline.events import Event, TrackAction, encode, topic
from pipeline.types import CameraState
from tests.synthetic.events import camera, health, identity, sockets, track


def update(latest: LatestEvents, *events: Event) -> None:
    for event in events:
        latest.update(topic(event), event, encode(event))


def handler_of(outbox: Outbox) -> RequestHandler:
    latest = LatestEvents()
    return RequestHandler("node", "e1", latest, WriteAhead(outbox, latest, node="node", epoch="e1"))


def ask(handler: RequestHandler, request: Any) -> Any:
    data = request if isinstance(request, bytes) else json.dumps(request).encode()
    return json.loads(handler.handle(data))


@pytest.fixture
def handler() -> RequestHandler:
    """The handler of a node with a live camera, a named open track, and a track that ended."""
    latest = LatestEvents()
    update(
        latest,
        camera(0, CameraState.CONNECTING),
        camera(1),
        track(0),
        track(1, track=2),
        identity(0),
        identity(1, number=2),
    )
    update(latest, track(2), track(3, track=2, action=TrackAction.END), health(7))
    return RequestHandler("node", "e1", latest, None)


def test_a_snapshot_holds_the_current_state(handler: RequestHandler) -> None:
    answer = ask(handler, {"request": "snapshot", "id": 4})
    assert (answer["answer"], answer["id"], answer["node"], answer["epoch"]) == ("snapshot", 4, "node", "e1")
    assert [(event["kind"], event["seq"]) for event in answer["events"]] == [
        ("camera", 1),
        ("track", 2),
        ("identity", 0),
        ("health", 7),
    ]
    assert answer["last_seq"] == {
        "v1/camera/door/": 1,
        "v1/track/door/": 3,
        "v1/identity/door/": 1,
        "v1/health/node/": 7,
    }


def test_a_snapshot_of_one_topic(handler: RequestHandler) -> None:
    answer = ask(handler, {"request": "snapshot", "topic": "v1/identity/"})
    assert [event["kind"] for event in answer["events"]] == ["identity"]
    assert list(answer["last_seq"]) == ["v1/identity/door/"]


def test_replay_is_paged(tmp_path: Path) -> None:
    with closing(Outbox(tmp_path / "o.db")) as outbox:
        for seq in range(25):
            outbox.put(topic(track(seq)), track(seq), encode(track(seq)))
        handler = handler_of(outbox)
        with closing(handler):
            found, after, pages, more = [], 0, 0, True
            while more:
                answer = ask(handler, {"request": "replay", "first": 5, "last": 22, "limit": 7, "after": after})
                found += [event["seq"] for event in answer["events"]]
                after, more, pages = answer["cursor"], answer["more"], pages + 1
    assert found == list(range(5, 23))
    assert pages == 3


def test_a_page_is_limited_in_bytes() -> None:
    rows = [StoredEvent(number, "e1", "t", number, b"x" * 100_000) for number in range(5)]
    assert _fit_page(rows, 10) == (rows[:2], True)
    large = StoredEvent(1, "e1", "t", 0, b"x" * 3_000_000)
    assert _fit_page([large], 10) == ([large], False)
    assert _fit_page(rows[:2], 1) == (rows[:1], True)


def test_replay_without_an_outbox_is_an_error(handler: RequestHandler) -> None:
    answer = ask(handler, {"request": "replay", "id": 9})
    assert answer["answer"] == "error"
    assert answer["id"] == 9
    assert "keeps no outbox" in answer["error"]


HOSTILE = [
    b"",
    b"\xff\xfe\x00",
    b"{",
    b"[]",
    b"null",
    b"[" * 5000,
    b'{"request": "snapshot", "id": -1}',
    b'{"request": "snapshot", "id": 99999999999999999999999}',
    b'{"request": "snapshot", "id": "1"}',
    b'{"request": "snapshot", "topic": 5}',
    b'{"request": "drop table"}',
    b'{"request": "replay", "limit": 1000000}',
    b'{"request": "replay", "limit": 0}',
    b'{"request": "replay", "first": -1}',
    b'{"request": "replay", "first": 1e300}',
    b'{"request": "replay", "seen": {"a": "b"}}',
    b'{"request": "replay", "surprise": 1}',
    b'{"request": "replay", "topic": "' + b"x" * 1000 + b'"}',
    b'{"request": "snapshot", "topic": "' + b"x" * MAX_REQUEST_BYTES + b'"}',
]


@pytest.mark.parametrize("data", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_request_gets_an_error_answer(data: bytes, handler: RequestHandler) -> None:
    assert ask(handler, data)["answer"] == "error"


def test_unusual_valid_requests_find_nothing(tmp_path: Path) -> None:
    with closing(Outbox(tmp_path / "o.db")) as outbox:
        handler = handler_of(outbox)
        with closing(handler):
            for name in ("v1/'; DROP TABLE events; --", "%", "", "\u0000", "\U0010ffff", "\ud83d"):
                answer = ask(
                    handler, {"request": "replay", "topic": name, "first": 2**63 - 1, "seen": {name: 2**63 - 1}}
                )
                assert answer.get("events", []) == []


@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=200))
def test_random_bytes_get_an_error_answer(data: bytes) -> None:
    assert ask(RequestHandler("node", "e1", LatestEvents(), None), data)["answer"] == "error"


def test_hostile_clients_do_not_stop_the_server(tmp_path: Path) -> None:
    publisher = Publisher("tcp://127.0.0.1:*", node="node", epoch="e1", outbox=str(tmp_path / "o.db"))
    with closing(publisher), sockets() as context, context.socket(zmq.DEALER) as client:
        client.linger = 0
        client.rcvtimeo = 5000
        client.connect(publisher.replay_address)
        for data in HOSTILE:
            client.send(data)
            assert json.loads(client.recv())["answer"] == "error"
        client.send_multipart([b"a", b"b", b"c", b'{"request": "snapshot"}'])
        assert json.loads(client.recv_multipart()[-1])["answer"] == "snapshot"
        # Beyond the size of any message ZeroMQ hangs up; others are still served.
        client.send(b"x" * (2 << 20))
        with context.socket(zmq.REQ) as other:
            other.linger = 0
            other.rcvtimeo = 5000
            other.connect(publisher.replay_address)
            other.send(b'{"request": "snapshot", "id": 3}')
            assert json.loads(other.recv())["id"] == 3


def test_events_that_wait_for_room_on_the_disk_are_replayed(tmp_path: Path) -> None:
    with closing(Outbox(tmp_path / "o.db")) as outbox, closing(handler_of(outbox)) as handler:
        put(outbox, *(track(seq, epoch="e0") for seq in range(3)))
        assert outbox.flush(5)
        (pages,) = outbox._file.connection.execute("PRAGMA page_count").fetchone()
        outbox._file.connection.execute(f"PRAGMA max_page_count = {pages}")
        put(outbox, *(track(seq) for seq in range(100)))
        answers: list[Any] = []
        after = 0
        while not answers or answers[-1]["more"]:
            answers.append(ask(handler, {"request": "replay", "limit": 30, "after": after}))
            after = answers[-1]["cursor"]
        assert len(outbox.unstored()) == 100
        rest = ask(handler, {"request": "replay", "since": "e1", "seen": {"v1/track/door/": 90}})
        between = ask(handler, {"request": "replay", "since": "e0", "seen": {"v1/track/door/": 1}, "before": "e1"})
        topics = ask(handler, {"request": "replay", "topic": "v1/track/hall/"})
    events = [(event["epoch"], event["seq"]) for answer in answers for event in answer["events"]]
    assert events == [("e0", seq) for seq in range(3)] + [("e1", seq) for seq in range(100)]
    assert answers[-1]["ends"] == {"e0": {"v1/track/door/": 2}}
    assert [event["seq"] for event in rest["events"]] == list(range(91, 100))
    assert rest["known"]
    assert [(event["epoch"], event["seq"]) for event in between["events"]] == [("e0", 2)]
    assert topics["events"] == []


def put(outbox: Outbox, *events: Event) -> None:
    for event in events:
        outbox.put(topic(event), event, encode(event))


def test_nobody_sees_by_a_snapshot_what_the_next_start_does_not_know_of(tmp_path: Path) -> None:
    path, latest = tmp_path / "o.db", LatestEvents()
    with closing(Outbox(path, commit_seconds=60)) as outbox:
        ahead = WriteAhead(outbox, latest, node="node", epoch="e1")
        with closing(RequestHandler("node", "e1", latest, ahead)) as handler, closing(OutboxReader(path)) as reader:
            ahead.add(topic(track(0)), track(0), encode(track(0)))
            assert ask(handler, {"request": "snapshot"})["last_seq"] == {"v1/track/door/": 0}
            assert reader.knows("e1")
