"""Who a track is, said on the page: the past follows, the audit log has it, and undo takes it back."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.history.reader import TrackRow
from pipeline.web.room import Room
from recognizer.base import State
from tests.pipeline.web.pages.changes import audit_of, send, told, undo_entry
from tests.pipeline.web.pages.conftest import at
from tests.pipeline.web.security.site import Browser
from tests.pipeline.web.showroom import make_room

EVIL = "<img src=x onerror=alert(1)>"


@pytest.fixture
def room(tmp_path: Path) -> Room:
    return make_room(tmp_path, visits=12)


@pytest.fixture
def browser(room: Room) -> Iterator[Browser]:
    with at(room) as opened:
        yield opened


def track_of(room: Room, person: str | None) -> TrackRow:
    with room.history() as history:
        return next(row for row in history.tracks() if row.person == person)


def now(room: Room, track: int) -> tuple[str, str | None]:
    with room.history() as history:
        row = history.track(track)
    assert row
    return row.state, row.person


def test_a_stranger_is_named_and_the_name_taken_back(room: Room, browser: Browser) -> None:
    stranger = track_of(room, None)
    answer = send(browser, f"/tracks/{stranger.id}/is", name="Zora")
    assert told(answer).startswith(f"Track {stranger.id} is Zora. Zora is not enrolled: cameras do not")
    assert now(room, stranger.id) == (State.NAMED, "Zora")
    assert [(one.by, one.action, one.target) for one in audit_of(room)] == [("local", "this is", "Zora")]
    back = send(browser, "/undo", entry=undo_entry(answer), back=f"/tracks/{stranger.id}")
    assert told(back) == "Taken back."
    assert now(room, stranger.id) == (stranger.state, None)


def test_a_slip_is_refused_with_the_name_that_was_meant(room: Room, browser: Browser) -> None:
    ada = track_of(room, "Ada")
    answer = send(browser, f"/tracks/{ada.id}/is", name="Adda")
    assert "did you mean 'Ada'? If not, tick A new name." in told(answer)
    assert now(room, ada.id) == (ada.state, "Ada")
    assert audit_of(room) == []
    send(browser, f"/tracks/{ada.id}/is", name="Adda", new="yes")
    assert now(room, ada.id) == (State.NAMED, "Adda")


def test_a_false_name_goes(room: Room, browser: Browser) -> None:
    ada = track_of(room, "Ada")
    page = browser.get(f"/tracks/{ada.id}").text
    assert "This is Ada" in page
    assert "This is not Ada" in page
    answer = send(browser, f"/tracks/{ada.id}/is-not", name="Ada")
    assert f"Track {ada.id} is not Ada." in told(answer)
    assert "An operator said" in answer.text
    assert now(room, ada.id) == (State.UNKNOWN, None)


def test_why_a_crop_is_not_enrolled_is_said_and_the_name_holds(room: Room, browser: Browser) -> None:
    stranger = track_of(room, None)
    answer = send(browser, f"/tracks/{stranger.id}/is", name="Zora", enrol="yes")
    assert "Not enrolled" in told(answer) or "another model" in told(answer)
    with room.gallery() as people:
        assert "Zora" not in [person.name for person in people.people()]


@pytest.mark.parametrize("name", ["", " ", "ada", "x" * 300, "\u202eAda", "Ada\0"])
def test_a_bad_name_changes_nothing(room: Room, browser: Browser, name: str) -> None:
    stranger = track_of(room, None)
    answer = send(browser, f"/tracks/{stranger.id}/is", name=name)
    assert 'role="alert"' in answer.text
    assert now(room, stranger.id) == (stranger.state, None)
    assert audit_of(room) == []


def test_a_hostile_name_is_text(room: Room, browser: Browser) -> None:
    stranger = track_of(room, None)
    answer = send(browser, f"/tracks/{stranger.id}/is", name=EVIL)
    assert told(answer)
    assert EVIL not in answer.text


def test_a_track_that_is_gone_is_said(browser: Browser) -> None:
    answer = browser.post("/tracks/999/is", data={"csrf": browser.token("/search"), "name": "Zora"})
    assert answer.status_code == 303
    shown = browser.get(answer.headers["location"])
    assert shown.status_code == 404
    assert "there is no such track" in told(shown).lower()


@pytest.mark.parametrize("entry", ["", "x", "99", "1,2,x", "9" * 30, "-1"])
def test_an_undo_of_nothing_is_refused(browser: Browser, entry: str) -> None:
    assert 'role="alert"' in send(browser, "/undo", entry=entry, back="/search").text


@pytest.mark.parametrize("back", ["//evil.example", "https://evil.example", "/\\evil.example", ""])
def test_an_undo_leads_nowhere_else(browser: Browser, back: str) -> None:
    data = {"csrf": browser.token("/search"), "entry": "1", "back": back}
    assert browser.post("/undo", data=data).headers["location"].startswith("/?said=")


def test_the_panel_is_answered_with_what_is_told_alone(room: Room, browser: Browser) -> None:
    stranger = track_of(room, None)
    headers = {"hx-request": "true", "x-csrf-token": browser.token("/search")}
    answer = browser.post(f"/tracks/{stranger.id}/is", data={"name": "Zora"}, headers=headers)
    assert answer.status_code == 200
    assert answer.text.startswith('<div class="told')
    assert 'hx-target="#told"' in answer.text


def test_what_is_told_is_told_once_and_to_its_user(room: Room, browser: Browser) -> None:
    stranger = track_of(room, None)
    data = {"csrf": browser.token("/search"), "name": "Zora"}
    address = browser.post(f"/tracks/{stranger.id}/is", data=data).headers["location"]
    assert told(browser.get(address))
    assert not told(browser.get(address))
    assert not told(browser.get("/search?said=<b>"))


def test_a_room_without_history_says_so(tmp_path: Path, room: Room) -> None:
    with at(replace(room, open_desk=None)) as browser:
        assert "This is Ada" not in browser.get(f"/tracks/{track_of(room, 'Ada').id}").text
        assert "keeps no history" in told(send(browser, "/tracks/1/is", name="Zora"))
