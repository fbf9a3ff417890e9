"""People on the page: who is enrolled, what their photographs risk, and every change of them."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.settings.rooms.web import WebSettings
from pipeline.web.app import make_app
from pipeline.web.room import Room
from pipeline.web.security.secure import secure
from pipeline.web.security.users import open_users
from recognizer.gallery.store import Gallery
from tests.pipeline.web.pages.changes import audit_of, send, told, undo_entry
from tests.pipeline.web.pages.conftest import at
from tests.pipeline.web.security.site import Browser, make_accounts, quick_passwords
from tests.pipeline.web.showroom import make_gallery, make_room

EVIL = '"><script>alert(1)</script>'
PICTURE = ("photo", ("a.jpg", b"\xff\xd8 no picture", "image/jpeg"))


@pytest.fixture
def room(tmp_path: Path) -> Room:
    return make_room(tmp_path, visits=12)


@pytest.fixture
def browser(room: Room) -> Iterator[Browser]:
    with at(room) as opened:
        yield opened


def names(room: Room) -> list[str]:
    with room.gallery() as people:
        return [person.name for person in people.people()]


def test_the_list_says_where_they_were_and_what_watches_them(browser: Browser) -> None:
    text = browser.get("/people").text
    assert text.count('class="track card"') == 4
    assert text.count('class="chip">friends<') == 2
    for expected in ("Cleo", "1 photograph", "4 enrolled"):
        assert expected in text


def test_a_persons_page_has_each_photograph_with_its_risk(browser: Browser) -> None:
    text = browser.get("/person?name=Ada").text
    for expected in ("0.jpg", "0.90", "100 px", "Nearest other", "0.00", "data:image/webp;base64,"):
        assert expected in text
    assert browser.get("/person?name=Nobody").status_code == 404
    assert browser.get("/person").status_code == 404


def test_rename_and_back(browser: Browser, room: Room) -> None:
    answer = send(browser, "/person/rename", name="Ada", new="Ada Lovelace")
    assert answer.url.params["name"] == "Ada Lovelace"
    assert "Ada Lovelace" in names(room)
    assert "Ada is called Ada Lovelace now." in told(answer)
    back = send(browser, "/undo", entry=undo_entry(answer), back="/people")
    assert told(back) == "Taken back."
    assert "Ada Lovelace" not in names(room)


def test_merge_and_back(browser: Browser, room: Room) -> None:
    answer = send(browser, "/person/merge", name="Ben", into="Ada")
    assert answer.url.params["name"] == "Ada"
    assert answer.text.count("Least like own") == 2
    assert names(room) == ["Ada", "Cleo", "Dan"]
    send(browser, "/undo", entry=undo_entry(answer), back="/people")
    assert names(room) == ["Ada", "Ben", "Cleo", "Dan"]


def test_a_photograph_is_removed_but_not_the_only_one(browser: Browser, room: Room) -> None:
    send(browser, "/person/merge", name="Ben", into="Ada")
    answer = send(browser, "/person/remove-photograph", name="Ada", sha256=f"{1:064x}")
    assert "removed" in told(answer)
    assert answer.text.count("Least like own") == 1
    assert audit_of(room)[0][2:5] == ("local", "remove photograph", "Ada")
    assert "only picture" in told(send(browser, "/person/remove-photograph", name="Ada", sha256=f"{0:064x}"))
    assert "expected somebody enrolled" in told(send(browser, "/person/remove-photograph", name="No", sha256="0" * 64))


def test_what_is_no_picture_is_refused_by_name(browser: Browser, room: Room) -> None:
    files = [PICTURE, ("photo", ("../../etc/<b>.svg", b"<svg/>", "image/svg+xml"))]
    answer = send(browser, "/people/enrol", name="Zora", files=files)
    assert "0 of 2 photographs enrolled for Zora." in told(answer)
    assert "a.jpg: refused:" in told(answer)
    assert "<b>.svg: refused: expected a JPEG" in told(answer)
    assert "<b>.svg" not in answer.text
    assert "etc" not in told(answer)
    assert audit_of(room) == []
    assert "expected one picture" in told(send(browser, "/people/enrol", name="Zora"))
    assert "look alike" in told(send(browser, "/people/enrol", name="aDa", files=[PICTURE]))


def test_erasing_asks_twice_and_leaves_no_name(browser: Browser, room: Room) -> None:
    question = browser.get("/admin/erase?name=Cleo").text
    for expected in ("Erase Cleo for good?", "people.db", "history.db", "alerts.db"):
        assert expected in question
    assert browser.get("/admin/erase?name=Nobody").status_code == 404
    assert send(browser, "/admin/erase", name="Cleo").status_code == 400
    assert "Cleo" in names(room)
    answer = send(browser, "/admin/erase", name="Cleo", sure="yes")
    assert "Cleo is erased" in answer.text, answer.text[answer.text.find("<h1>") :]
    assert "people.db: 1 faces erased" in answer.text
    assert "Cleo" not in names(room)
    assert "Cleo" not in str(audit_of(room))
    assert (audit_of(room)[0].by, audit_of(room)[0].action) == ("local", "erase")


@pytest.mark.parametrize("name", [EVIL, "items", "get", "a/b", "%2e%2e", "Ünïcode", "{{ 7*7 }}"])
def test_any_name_has_its_page(tmp_path: Path, room: Room, name: str) -> None:
    gallery = make_gallery(tmp_path / "evil.db", (name, "Ada"))
    with at(replace(room, open_gallery=lambda: Gallery(gallery, read_only=True))) as browser:
        assert EVIL not in browser.get("/people").text
        answer = browser.ask("GET", "/person", params={"name": name})
        assert answer.status_code == 200
        assert EVIL not in answer.text
        assert browser.ask("GET", "/admin/erase", params={"name": name}).status_code == 200


def test_viewers_see_no_button_and_operators_no_erasing(tmp_path: Path, room: Room) -> None:
    settings = WebSettings(accounts=str(make_accounts(tmp_path / "accounts.db")), requests_per_minute=100_000)
    users = open_users(settings, passwords=quick_passwords())
    assert users
    pages = ("/people", "/person?name=Ada", "/tracks/1", "/unknown", "/unknown/1", "/alerts")
    with Browser(secure(make_app(room), settings, users=users)) as browser:
        browser.log_in("vera")
        for path in pages:
            assert browser.get(path).text.count('method="post"') == (2 if path == "/unknown/1" else 1), path
        assert browser.get("/admin/erase?name=Ada").status_code == 403
    with Browser(secure(make_app(room), settings, users=users)) as browser:
        browser.log_in("otto")
        assert "Rename" in browser.get("/person?name=Ada").text
        assert "/admin/erase" not in browser.get("/person?name=Ada").text
        assert browser.get("/admin/erase?name=Ada").status_code == 403
        token = {"x-csrf-token": browser.token("/person?name=Ada")}
        assert browser.post("/admin/erase", data={"name": "Ada", "sure": "yes"}, headers=token).status_code == 403
        assert browser.post("/person/rename", data={"name": "Ada", "new": "Eve"}, headers=token).status_code == 303
        assert audit_of(room)[0].by == "otto"
    users.close()
