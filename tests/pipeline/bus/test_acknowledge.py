"""Which row a position acknowledges, asked over the replay protocol and from the shipped client."""

import json
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from pipeline.bus.client import Subscriber
from pipeline.bus.latest_events import LatestEvents
from pipeline.bus.outbox import Outbox
from pipeline.bus.position import Position
from pipeline.bus.publisher import Publisher
from pipeline.bus.replay import RequestHandler
from pipeline.bus.write_ahead import WriteAhead
from pipeline.events import encode, topic
from tests.synthetic.events import camera, health, track, until

DOOR = "v1/track/door/"


@pytest.fixture
def outbox(tmp_path: Path) -> Any:
    """Rows 1 to 3 of run a (tracks), 4 a heartbeat of run b, 5 to 7 of run b (a camera, two tracks)."""
    with closing(Outbox(tmp_path / "o.db")) as outbox:
        events = [*(track(seq, epoch="a") for seq in range(3)), health(0, epoch="b"), camera(0, epoch="b")]
        for event in (*events, track(0, epoch="b"), track(1, epoch="b")):
            outbox.put(topic(event), event, encode(event))
        assert outbox.flush(5)
        yield outbox


def ask(outbox: Outbox, **request: Any) -> Any:
    latest = LatestEvents()
    handler = RequestHandler("node", "b", latest, WriteAhead(outbox, latest, node="node", epoch="b"))
    answer = json.loads(handler.handle(json.dumps({"request": "acknowledge", "consumer": "c"} | request).encode()))
    handler.close()
    return answer


@pytest.mark.parametrize(
    ("request_", "row"),
    [
        ({"epoch": ""}, 0),
        ({"epoch": "a", "seen": {DOOR: 0}}, 1),
        ({"epoch": "a", "seen": {DOOR: 2}}, 3),
        ({"epoch": "b", "seen": {DOOR: 0}}, 3),
        ({"epoch": "b", "seen": {DOOR: 0}, "topics": ["v1/track/"]}, 6),
        ({"epoch": "b", "seen": {DOOR: 0}, "topics": ["v1/track/", "v1/camera/"]}, 4),
        ({"epoch": "b", "seen": {DOOR: 1}, "topics": ["v1/track/"]}, 7),
    ],
)
def test_all_before_the_first_event_that_is_lacking(outbox: Outbox, request_: dict[str, Any], row: int) -> None:
    assert ask(outbox, **request_)["kept_after"] == row
    assert outbox.acknowledged("c") == row


def test_a_consumer_does_not_fall_back_unless_it_begins_anew(outbox: Outbox) -> None:
    ask(outbox, epoch="b", seen={DOOR: 1}, topics=["v1/track/"])
    assert ask(outbox, epoch="a", seen={DOOR: 0})["kept_after"] == 7
    assert ask(outbox, epoch="")["kept_after"] == 0


@pytest.mark.parametrize("wrong", [{"consumer": ""}, {"consumer": "x" * 65}, {"topics": []}, {"seen": {DOOR: -1}}])
def test_a_wrong_request_is_refused(outbox: Outbox, wrong: dict[str, Any]) -> None:
    assert ask(outbox, **wrong)["answer"] == "error"


def test_the_client_acknowledges_what_it_has(tmp_path: Path) -> None:
    outbox = str(tmp_path / "o.db")
    with (
        closing(Publisher("tcp://127.0.0.1:*", node="node", epoch="e1", outbox=outbox)) as publisher,
        Subscriber(publisher.address, topics=("v1/track/",), start="replay") as subscriber,
    ):
        for seq in range(3):
            publisher.on_event(track(seq))
        until(lambda: subscriber.position.last_seq.get(DOOR) == 2, poke=lambda: subscriber.receive(0.05))
        subscriber.acknowledge("collector", Position("e1", {DOOR: 1}))
        until(lambda: (tmp_path / "o.db.consumers").exists())
        found = json.loads((tmp_path / "o.db.consumers").read_bytes())
        assert found["collector"]["acknowledged"] == 2
        assert subscriber.receive(0.1) is None
