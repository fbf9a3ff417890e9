"""The pages of Glimpse behind their protection: whatever is added to them is protected too."""

import re
from collections.abc import Iterator

import pytest
from starlette.routing import Route

from pipeline.settings.rooms.web import WebSettings
from pipeline.web.app import make_app
from pipeline.web.room import Room
from pipeline.web.security.secure import secure
from pipeline.web.security.users import Users
from tests.pipeline.web.security.site import Browser

ROUTES = [route for route in make_app(Room()).routes if isinstance(route, Route)]
READING = sorted({re.sub(r"\{[^}]*\}", "1", route.path) for route in ROUTES if "GET" in (route.methods or ())})
CHANGES = sorted(
    {
        (method, re.sub(r"\{[^}]*\}", "1", route.path))
        for route in ROUTES
        for method in (route.methods or set()) - {"GET", "HEAD"}
    }
)
STREAMS = [path for path in READING if "events" in path or "stream" in path or "mjpeg" in path]
INLINE = re.compile(
    r"<script(?![^>]*\ssrc=)[^>]*>|<style|\sstyle\s*=|\son[a-z]+\s*=\s*[\"']|href\s*=\s*[\"']javascript:|\shx-on",
    re.IGNORECASE,
)


@pytest.fixture
def visitor(settings: WebSettings, users: Users) -> Iterator[Browser]:
    with Browser(secure(make_app(Room()), settings, users=users)) as browser:
        yield browser


def test_there_are_pages_and_changes() -> None:
    assert len(READING) >= 3
    assert "/" in READING


def test_nobody_sees_a_page_or_a_stream_without_a_login(visitor: Browser) -> None:
    assert {path: visitor.get(path).status_code for path in READING} == dict.fromkeys(READING, 401)
    html = {"accept": "text/html"}
    assert {visitor.get(path, headers=html).headers["location"].partition("?")[0] for path in READING} == {"/login"}


def test_no_change_is_made_without_a_token(visitor: Browser) -> None:
    visitor.log_in("ada")
    assert {change: visitor.ask(*change).status_code for change in CHANGES} == dict.fromkeys(CHANGES, 403)


def test_no_change_is_made_by_a_viewer(visitor: Browser) -> None:
    visitor.log_in("vera")
    token = {"x-csrf-token": visitor.token("/logout")}
    codes = {change: visitor.ask(*change, headers=token).status_code for change in CHANGES}
    assert codes == dict.fromkeys(CHANGES, 403)


def test_pages_hold_nothing_that_the_policy_forbids(visitor: Browser) -> None:
    pages = [visitor.get("/login").text, visitor.log_in("ada", "wrong horse battery").text]
    visitor.log_in("ada")
    pages += [visitor.get(path).text for path in READING if path not in STREAMS] + [visitor.get("/logout").text]
    assert [INLINE.findall(page) for page in pages] == [[] for _ in pages]
    assert sum("<html" in page for page in pages) >= 4


def test_every_form_that_changes_something_has_the_token(visitor: Browser) -> None:
    visitor.log_in("ada")
    token = visitor.token("/logout")
    for path in (*[path for path in READING if path not in STREAMS], "/logout"):
        for form in re.findall(
            r"<form[^>]*method=\"post\".*?</form>", visitor.get(path).text, re.DOTALL | re.IGNORECASE
        ):
            assert f'name="csrf" value="{token}"' in form


def test_the_login_escapes_what_it_is_given(visitor: Browser) -> None:
    evil = '/"><script>alert(1)</script>'
    assert "<script>alert" not in visitor.get("/login", params={"next": evil}).text
    assert "<script>alert" not in visitor.log_in(evil, "x", next_page=evil).text
    assert visitor.get("/login").headers["cache-control"] == "no-store"


def test_styles_and_scripts_are_there_before_the_login(visitor: Browser) -> None:
    files = re.findall(r'(?:src|href)="(/static/[^"]+)"', visitor.get("/login").text)
    assert len(files) >= 3
    answers = [visitor.get(file) for file in files]
    assert {answer.status_code for answer in answers} == {200}
    assert {answer.headers["cache-control"] for answer in answers} == {"public, max-age=31536000, immutable"}
