"""A track's page and its pictures."""

from dataclasses import replace

import pytest

from pipeline.history.journeys.join import Journey
from pipeline.history.reader import HistoryReader
from pipeline.web.room import Room
from tests.pipeline.web.pages.conftest import at
from tests.pipeline.web.security.site import Browser
from tests.synthetic.passages import passage


@pytest.fixture
def named(room: Room) -> int:
    """A track that has a name."""
    with room.history() as history:
        return next(row.id for row in history.tracks() if row.person == "Ada" and row.state == "named")


def test_it_says_who_why_and_what_happened(browser: Browser, named: int) -> None:
    text = browser.get(f"/tracks/{named}").text
    assert "<h1>" in text
    for expected in (
        "Ada, enrolled",
        "needs 0.380",
        "14 faces, median 44 px",
        "left (lost)",
        "named: Ada",
        "1 in 2,500",
    ):
        assert expected in text
    assert text.count("<circle") == 8  # six updates, the name, the end


def test_its_crop_is_a_jpeg_and_the_enrolled_photograph_a_webp(browser: Browser, named: int) -> None:
    assert browser.get(f"/tracks/{named}/crop.jpg").content.startswith(b"\xff\xd8")
    assert browser.get("/people/Ada/portrait").content[8:12] == b"WEBP"


@pytest.mark.parametrize("path", ["/tracks/999/crop.jpg", "/people/Nobody/portrait", "/people/%20/portrait"])
def test_an_outline_stands_for_a_picture_that_is_not_kept(browser: Browser, path: str) -> None:
    answer = browser.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "image/svg+xml"
    assert "script-src 'self'" in answer.headers["content-security-policy"]


def test_events_lead_to_their_track(browser: Browser, room: Room, named: int) -> None:
    with room.history() as history:
        assert isinstance(history, HistoryReader)
        row = history.track(named)
    assert row
    answer = browser.get(f"/tracks/of/{row.epoch}/{row.camera}/{row.track}")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/tracks/{named}")


@pytest.mark.parametrize(
    "path",
    [
        "/tracks/0",
        "/tracks/99999999999999999999999",
        "/tracks/-1",
        "/tracks/x",
        "/tracks/of/e/c/1",
        "/static/../app.py",
        "/static/%2e%2e/app.py",
        "/static/..%2fapp.py",
        "/static/vendor/../../app.py",
        "/nothing",
    ],
)
def test_what_is_not_there_is_a_page_with_a_sentence(browser: Browser, path: str) -> None:
    answer = browser.get(path)
    assert answer.status_code in (400, 404)
    assert "import" not in answer.text


def test_where_else_somebody_was_is_a_part_that_comes_later(room: Room, named: int) -> None:
    with room.history() as history:
        other = next(row.id for row in history.tracks() if row.camera == "yard")
    hall, till = passage(1, "hall", 1000, number=other), passage(1, "till", 1030, number=named, name="<b>Ada</b>")
    found = Journey((hall, till), till.pool, 0.987)
    with at(replace(room, find_journey=lambda row: found)) as browser:
        assert f'hx-get="/tracks/{named}/journey"' in browser.get(f"/tracks/{named}").text
        text = browser.get(f"/tracks/{named}/journey").text
        assert browser.get("/tracks/999/journey").status_code == 404
    assert f'<a href="/tracks/{other}">hall</a>' in text
    assert "<strong>till</strong>, this track" in text
    assert "98.7 %" in text
    assert "<b>Ada" not in text


@pytest.mark.parametrize("alone", [True, False])
def test_somebody_who_was_nowhere_else_is_said_to_be(room: Room, named: int, *, alone: bool) -> None:
    here = passage(1, "till", 1030, number=named)
    found = Journey((here,), here.pool) if alone else None
    with at(replace(room, find_journey=lambda row: found)) as browser:
        assert "surely the same person" in browser.get(f"/tracks/{named}/journey").text


def test_without_journeys_the_page_does_not_ask_for_them(browser: Browser, named: int) -> None:
    assert "/journey" not in browser.get(f"/tracks/{named}").text
    assert browser.get(f"/tracks/{named}/journey").status_code == 404
