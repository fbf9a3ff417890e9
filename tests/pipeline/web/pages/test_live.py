"""The first page, its parts, and the stream of events."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeline.events import GalleryHealth
from pipeline.web.app import make_app
from pipeline.web.live.hub import MAX_BROWSERS
from pipeline.web.live.room import LiveRoom
from pipeline.web.room import Room
from tests.pipeline.web.pages.conftest import at
from tests.pipeline.web.showroom import make_room
from tests.synthetic.events import NODE, camera, evidence, health, identity, sample, track

FACE = f"/live/faces/{NODE}/door/1"


def busy() -> LiveRoom:
    live = LiveRoom()
    for event in (camera(0), track(0, evidence=evidence()), identity(0), sample(0), health(0)):
        live.state.take(event)
    return live


@pytest.fixture
def browser() -> Iterator[Any]:
    with at(Room(live=busy())) as opened:
        yield opened


def test_the_page_has_the_camera_before_any_script_runs(browser: Any) -> None:
    text = browser.get("/").text
    assert f'data-key="{NODE}/door" data-state="live"' in text
    assert "<strong>Ada</strong>" in text
    assert '<html lang="en">' in text


def test_a_node_that_names_nobody_says_so_before_any_script_runs(browser: Any) -> None:
    assert 'id="nameless" hidden' in browser.get("/").text
    live = busy()
    live.state.take(health(1, gallery=GalleryHealth(change=7, age=42.0, stale=True)))
    with at(Room(live=live)) as other:
        text = other.get("/").text
    assert f'id="nameless">{NODE} names nobody: the gallery could not be confirmed for 42 s. </p>' in text


def test_an_empty_room_says_so() -> None:
    with at(Room()) as browser:
        text = browser.get("/").text
    assert "No camera yet" in text
    assert 'id="no-cameras" hidden' not in text


def test_why_a_face_has_its_name(browser: Any) -> None:
    text = browser.get(FACE).text
    for expected in ("Ada</h2>", "9 faces, median 14 px", "0.610", "needs 0.420", "Enrolled photograph of Ada"):
        assert expected in text
    assert browser.get(f"{FACE}/crop.jpg").content == b"\xff\xd8 a small picture"


@pytest.mark.parametrize("path", [f"/live/faces/{NODE}/door/2", "/live/faces/x/door/1", f"{FACE}1/crop.jpg"])
def test_a_face_that_left_is_not_there(browser: Any, path: str) -> None:
    assert browser.get(path).status_code == 404


def test_the_crop_of_a_face_whose_sample_was_missed_comes_from_the_history(tmp_path: Path) -> None:
    live = LiveRoom()
    live.state.take(track(0, camera="door", track=3))
    with at(make_room(tmp_path, live)) as browser:
        assert browser.get(f"/live/faces/{NODE}/door/3/crop.jpg").headers["content-type"] == "image/jpeg"
        assert "/tracks/of/e1/door/3" in browser.get(f"/live/faces/{NODE}/door/3").text


def test_a_face_that_is_not_in_the_history_yet_leads_to_earlier_visits(tmp_path: Path) -> None:
    live = LiveRoom()
    live.state.take(track(0, camera="door", track=999, evidence=evidence()))
    with at(make_room(tmp_path, live)) as browser:
        text = browser.get(f"/live/faces/{NODE}/door/999").text
    assert "not in the history yet" in text
    assert "/tracks/of/" not in text
    assert 'href="/timeline?camera=door&amp;person=Ada"' in text


def test_without_a_crop_there_is_an_outline(browser: Any) -> None:
    live = LiveRoom()
    live.state.take(track(0))
    with at(Room(live=live)) as other:
        assert other.get(f"{FACE}/crop.jpg").headers["content-type"] == "image/svg+xml"


def test_a_camera_without_pictures_has_none(browser: Any) -> None:
    assert browser.get(f"/live/pictures/{NODE}/door").status_code == 404
    assert browser.get("/live/look").status_code == 204


def test_too_many_browsers_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    live = busy()
    monkeypatch.setattr(type(live.hub), "browsers", property(lambda _: MAX_BROWSERS))
    with at(Room(live=live)) as browser:
        assert browser.get("/live/events").status_code == 503


def test_the_stream_begins_with_the_state() -> None:
    """Asked of the application itself: httpx would wait for the end of the stream."""
    parts: list[bytes] = []

    async def look() -> None:
        done = asyncio.Event()

        async def receive() -> dict[str, Any]:
            await done.wait()
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            parts.append(message.get("body", b""))
            if b'"type":"state"' in parts[-1]:
                done.set()

        scope = {"type": "http", "method": "GET", "path": "/live/events", "headers": [], "query_string": b""}
        await asyncio.wait_for(make_app(Room(live=busy()))(scope, receive, send), 5)

    asyncio.run(look())
    assert parts[1].startswith(b"retry: ")
    assert parts[2].startswith(b'data: {"type":"state"')
    assert b'"person":"Ada"' in parts[2]
    assert b"small picture" not in parts[2]
