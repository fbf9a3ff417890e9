"""The page of alerts: what happened, who has seen to it, and the rules."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.alerts.reader import AlertReader, AlertRow
from pipeline.web.room import Room
from tests.pipeline.web.pages.changes import audit_of, send, told
from tests.pipeline.web.pages.conftest import at
from tests.pipeline.web.security.site import Browser
from tests.pipeline.web.showroom import make_alerts, make_room

EVIL = "<script>alert(1)</script>"


@pytest.fixture
def room(tmp_path: Path) -> Room:
    return make_room(tmp_path, visits=6)


@pytest.fixture
def browser(room: Room) -> Iterator[Browser]:
    with at(room) as opened:
        yield opened


def alerts(room: Room) -> list[AlertRow]:
    assert room.alerts
    with AlertReader(room.alerts) as reader:
        return reader.alerts()


def test_the_newest_is_first_with_its_crop_and_the_rules(browser: Browser, room: Room) -> None:
    text = browser.get("/alerts").text
    assert text.index("Ben at the till.") < text.index("Ada at the door.")
    assert 'class="count">2<' in text
    assert browser.get(f"/alerts/{alerts(room)[0].alert}/crop.jpg").content.startswith(b"\xff\xd8")
    assert browser.get("/alerts/nothing/crop.jpg").status_code == 404
    for expected in ("friends", "When Ada or Ben comes", "strangers", "without --config"):
        assert expected in text


def test_one_is_acknowledged_once(browser: Browser, room: Room) -> None:
    name = alerts(room)[0].alert
    answer = send(browser, f"/alerts/{name}/acknowledge", back="/alerts?open=1")
    assert told(answer) == "Acknowledged."
    assert 'class="count">1<' in answer.text
    assert "Ben at the till." not in answer.text
    assert alerts(room)[0].acknowledged_by == "local"
    assert [(one.by, one.action, one.target) for one in audit_of(room)] == [("local", "acknowledge alert", name)]
    again = send(browser, f"/alerts/{name}/acknowledge", back="/alerts")
    assert "local acknowledged it before" in told(again)
    assert len(audit_of(room)) == 1


def test_one_that_is_not_there_is_refused_without_the_folder(browser: Browser, tmp_path: Path) -> None:
    answer = send(browser, "/alerts/nothing/acknowledge", back="/alerts")
    assert "There is no such alert" in told(answer) or "there is no such alert" in told(answer)
    assert str(tmp_path) not in answer.text


def test_pages_follow(tmp_path: Path, room: Room) -> None:
    many = make_alerts(tmp_path / "many.db", [f"number {number}" for number in range(35)])
    with at(replace(room, alerts=many)) as browser:
        first = browser.get("/alerts").text
        assert "number 34" in first
        assert "number 4<" not in first
        after = first.partition("/alerts?after=")[2].partition('"')[0]
        assert "number 4<" in browser.get(f"/alerts?after={after}").text
        assert "No earlier alert" in browser.get("/alerts?after=1").text


def test_hostile_texts_are_text(tmp_path: Path, room: Room) -> None:
    evil = make_alerts(tmp_path / "evil.db", [EVIL], camera=EVIL)
    with at(replace(room, alerts=evil)) as browser:
        assert EVIL not in browser.get("/alerts").text


def test_a_room_without_alerts_shows_its_rules_and_what_is_missing(tmp_path: Path, room: Room) -> None:
    for alerts_file in (None, tmp_path / "not-yet.db"):
        with at(replace(room, alerts=alerts_file)) as browser:
            answer = browser.get("/alerts")
            assert (answer.status_code, "No alert yet." in answer.text, "friends" in answer.text) == (200, True, True)
            assert str(tmp_path) not in answer.text
            assert browser.get("/search").status_code == 200


def test_a_file_that_is_no_file_of_alerts_is_said_without_its_folder(tmp_path: Path, room: Room) -> None:
    (tmp_path / "other.db").write_text("something else")
    with at(replace(room, alerts=tmp_path / "other.db")) as browser:
        answer = browser.get("/alerts")
        assert answer.status_code == 503
        assert str(tmp_path) not in answer.text
