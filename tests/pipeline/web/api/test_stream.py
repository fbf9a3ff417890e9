"""Server-sent events for programs, at the real server, from a real bus."""

import json
from collections.abc import Iterator

import httpx
import pytest

from pipeline.settings.rooms.web import WebSettings
from pipeline.web.app import make_app
from pipeline.web.live.items import as_message, chosen
from pipeline.web.live.room import LiveRoom
from pipeline.web.room import Room
from pipeline.web.security.secure import secure
from tests.pipeline.web.security.site import free_port, serve
from tests.pipeline.web.showroom import ShowNode, show_node
from tests.synthetic.alerts import alert
from tests.synthetic.events import identity, sample


@pytest.fixture
def site() -> Iterator[tuple[ShowNode, str, Room]]:
    port = free_port()
    settings = WebSettings(address=f"127.0.0.1:{port}")
    with show_node() as node:
        room = Room(settings=settings, live=LiveRoom([node.address]))
        with serve(secure(make_app(room), settings), settings, on_exit=room.live.end_streams):
            yield node, f"http://127.0.0.1:{port}/api/v1/events", room


def test_events_come_by_kind(site: tuple[ShowNode, str, Room]) -> None:
    node, address, room = site
    with httpx.stream("GET", address, params={"kinds": "identity,health"}, timeout=10) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        kinds, lines = [], answer.iter_lines()
        node.begin()
        for line in lines:
            if line.startswith("event: "):
                kinds.append(line.removeprefix("event: "))
                node.tick()
            if line.startswith("data: ") and kinds[-1] != "lost":
                assert json.loads(line.removeprefix("data: "))["kind"] == kinds[-1]
            if {"identity", "health"} <= set(kinds):
                break
            if kinds[-1:] == ["lost"]:
                node.begin()
    assert kinds[0] == "lost"
    assert set(kinds) == {"lost", "identity", "health"}
    assert room.api.metrics.beats()


def test_unknown_kinds_are_refused(site: tuple[ShowNode, str, Room]) -> None:
    answer = httpx.get(site[1], params={"kinds": "sample"})
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")


def test_no_face_is_sent() -> None:
    message = as_message(alert(1, at=1.0))
    assert message
    assert json.loads(message.partition(b"data: ")[2])["crop"] == ""
    assert as_message(sample(1)) is None


def test_messages_are_chosen_by_kind() -> None:
    named, alarm = as_message(identity(1)), as_message(alert(1, at=1.0, text="event: identity\n\nx"))
    assert named
    assert alarm
    lost = b"event: lost\ndata: {}\n\n"
    assert chosen(lost + named + alarm, frozenset({"alert"})) == lost + alarm
    assert chosen(named, frozenset({"alert"})) == b""
