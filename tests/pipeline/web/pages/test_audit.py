"""Changes are listed with who made them, and taken back with one click, a whole group too."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.web.room import Room
from pipeline.web.security.roles import Role
from tests.pipeline.web.pages.changes import audit_of, send, told
from tests.pipeline.web.pages.conftest import at
from tests.pipeline.web.pages.site import Site
from tests.pipeline.web.security.site import Browser
from tests.pipeline.web.showroom import make_room

EVIL = "<script>alert(1)</script>"


@pytest.fixture
def room(tmp_path: Path) -> Room:
    return make_room(tmp_path, visits=12)


@pytest.fixture
def browser(room: Room) -> Iterator[Browser]:
    with at(room) as opened:
        yield opened


def lines(browser: Browser, path: str = "/audit") -> list[str]:
    """Each act of the page, without markup."""
    found = re.findall(r'<li class="card" data-undone.*?</li>', browser.get(path).text, re.DOTALL)
    return [" ".join(re.sub(r"<[^>]*>", " ", one).split()) for one in found]


def undo(browser: Browser, page: str) -> str:
    """Click on the first undo of a page."""
    [entries, *_] = re.findall(r'name="entry" value="([\d,]+)"', browser.get(page).text)
    return told(send(browser, "/undo", entry=entries, back=page))


def test_a_named_group_is_one_line_and_one_click_takes_it_back(browser: Browser, room: Room) -> None:
    assert "Nothing was changed yet." in browser.get("/audit").text
    send(browser, "/unknown/1/name", name="Zora")
    count = len(audit_of(room))
    assert count > 1
    [line] = lines(browser)
    assert "This is Zora local · " in line
    assert f"{count} tracks, all of unknown-1 Undo" in line
    assert undo(browser, "/audit") == "Taken back."
    after = lines(browser)
    assert len(after) == 2
    assert f"{count} changes" in after[0]
    assert "taken back" in after[1]
    assert 'name="entry"' not in browser.get("/audit").text
    with room.history() as history:
        group = history.unknown_people.group(1)
        assert group
        assert group.person is None


def test_the_page_of_the_group_takes_its_naming_back(browser: Browser) -> None:
    assert "Undo the naming" not in browser.get("/unknown/1").text
    send(browser, "/unknown/1/name", name="Zora")
    send(browser, "/unknown/2/name", name="Yuri")
    text = browser.get("/unknown/1").text
    assert "2 tracks were named together" in text
    assert "<h1>Zora</h1>" in text
    assert undo(browser, "/unknown/1") == "Taken back."
    assert "Undo the naming" not in browser.get("/unknown/1").text
    assert "Undo the naming" in browser.get("/unknown/2").text


def test_a_single_correction_is_taken_back_after_a_later_merge_of_unknown_people(browser: Browser) -> None:
    send(browser, "/tracks/1/is", name="Ada")
    send(browser, "/unknown/2/merge", into="unknown-1")
    first, second = lines(browser)
    assert "Merge unknown people: unknown-2 into unknown-1" in first
    assert "This is Ada" in second
    entry = re.findall(r'name="entry" value="([\d,]+)"', browser.get("/audit").text)[1]
    assert told(send(browser, "/undo", entry=entry, back="/audit")) == "Taken back."


def test_what_cannot_be_taken_back_has_no_button(browser: Browser, room: Room) -> None:
    with room.desk("eve") as desk, desk.database.writing():
        desk.log.add(by="eve", action="enrol", target=EVIL, details="photographs taken: 1 of 1")
    text = browser.get("/audit").text
    assert 'action="/undo"' not in text
    assert EVIL not in text
    assert "eve" in text


def test_pages_follow(browser: Browser, room: Room) -> None:
    with room.desk("eve") as desk, desk.database.writing():
        for number in range(301):
            desk.log.add(by="eve", action="enrol", target=f"number {number}")
    text = browser.get("/audit").text
    assert "number 1<" in text
    assert "number 0<" not in text
    [more] = re.findall(r'href="(/audit\?before=\d+)"', text)
    assert "number 0<" in browser.get(more).text
    assert "No earlier change." in browser.get("/audit?before=1").text


def test_only_operators_see_who_changed_what(tmp_path: Path) -> None:
    site = Site(tmp_path)
    with site.browser(Role.VIEWER) as browser:
        assert browser.get("/audit").status_code == 403
        assert 'href="/audit"' not in browser.get("/about").text
    with site.browser(Role.OPERATOR) as browser:
        assert browser.get("/audit").status_code == 503  # without a history
