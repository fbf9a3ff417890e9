"""From a real bus to real browsers: fifty streams at once, a node that is killed, and pictures on demand."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import zmq

from pipeline.bus.address import preview_address
from pipeline.bus.preview.message import pack
from pipeline.events import GalleryHealth
from pipeline.web.live import messages, pictures
from pipeline.web.live.room import LiveRoom
from pipeline.web.live.state import LiveState
from pipeline.web.room import Room
from tests.pipeline.web.browser.serve import serve_room
from tests.pipeline.web.showroom import show_node
from tests.synthetic.events import NODE, health, until

BROWSERS = 50


async def events(answer: httpx.Response) -> AsyncIterator[dict[str, Any]]:
    async for line in answer.aiter_lines():
        if line.startswith("data: "):
            yield json.loads(line[6:])


async def look(client: httpx.AsyncClient, address: str, seen: list[int]) -> None:
    """Until three cameras with six faces are seen."""
    async with client.stream("GET", f"{address}/live/events") as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        faces: dict[str, int] = {}
        async for message in events(answer):
            faces |= {camera["key"]: len(camera["faces"]) for camera in message.get("cameras", [])}
            if sum(faces.values()) == 6:
                seen.append(len(faces))
                return


def test_fifty_browsers_see_what_a_node_does() -> None:
    async def look_all(address: str) -> list[int]:
        seen: list[int] = []
        limits = httpx.Limits(max_connections=None)
        async with httpx.AsyncClient(limits=limits, timeout=15) as client:
            await asyncio.gather(*(look(client, address, seen) for _ in range(BROWSERS)))
        return seen

    with show_node() as node:
        live = LiveRoom([node.address])
        with serve_room(Room(live=live)) as address:
            until(lambda: bool(live.state.nodes()), poke=node.tick)
            publishing = threading.Thread(target=node.begin)
            publishing.start()
            seen = asyncio.run(look_all(address))
            publishing.join()
            until(lambda: live.hub.browsers == 0, poke=node.tick)
    assert seen == [3] * BROWSERS


def test_a_node_that_stops_is_shown_as_silent_and_comes_back() -> None:
    clock = Clock()
    state = LiveState(clock)
    state.take(health(0))
    assert messages.nodes(state)[0]["silent"] is None
    clock.now += 6
    assert messages.nodes(state)[0]["silent"] == 6
    state.take(health(1))
    assert messages.nodes(state)[0]["silent"] is None


def test_a_node_that_could_not_confirm_its_gallery_says_that_it_names_nobody() -> None:
    state = LiveState()
    for seq, (age, stale, said) in enumerate(
        (
            (0.2, False, None),
            (42.3, True, "names nobody: the gallery could not be confirmed for 42 s"),
            (0.1, False, None),
        )
    ):
        state.take(health(seq, gallery=GalleryHealth(change=7, age=age, stale=stale)))
        assert messages.nodes(state)[0]["nameless"] == said
    state.take(health(3))
    assert messages.nodes(state)[0]["nameless"] is None


class Clock:
    now = 10.0

    def __call__(self) -> float:
        return self.now


def test_pictures_are_received_while_somebody_looks_and_no_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "LOOKING_SECONDS", 0.3)
    monkeypatch.setattr(pictures, "POLL_SECONDS", 0.05)
    with show_node() as node, zmq.Context() as context, context.socket(zmq.XPUB) as socket:
        socket.linger = 0
        socket.bind(preview_address(node.address))
        live = LiveRoom([], previews=[preview_address(node.address)])
        live.open()
        try:
            assert socket.poll(300) == 0  # nobody looks, so nobody has subscribed
            live.look()
            assert socket.poll(5000)
            assert socket.recv()[:1] == b"\x01"
            for preview in node.previews():
                socket.send_multipart(pack(preview))
            until(lambda: live.picture(NODE, "door") is not None)
            assert (live.picture(NODE, "door") or b"")[:2] == b"\xff\xd8"
            assert live.picture(NODE, "nowhere") is None
            assert socket.poll(5000)
            assert socket.recv()[:1] == b"\x00"  # it left
            until(lambda: live.picture(NODE, "door") is None)
        finally:
            live.close()


@pytest.mark.parametrize("address", ["door", "tcp://:1", "http://127.0.0.1:1"])
def test_an_address_that_is_none_is_refused_at_the_start(address: str) -> None:
    with pytest.raises(ValueError, match="expected tcp"):
        LiveRoom([address])


def test_a_message_is_one_line_whatever_is_in_it(tmp_path: Path) -> None:
    assert messages.as_event({"text": "a\n\ndata: b\r"}).count(b"\n") == 2
