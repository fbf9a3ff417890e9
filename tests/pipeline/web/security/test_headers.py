"""Headers of every answer."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.settings.rooms.web import WebSettings
from pipeline.web.security.headers import ALWAYS
from pipeline.web.security.secure import secure
from pipeline.web.security.users import Users
from tests.pipeline.web.security.site import Browser, make_site

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Browser]:
    static = tmp_path / "static"
    static.mkdir()
    (static / "app.css").write_text("body {}")
    (static / "app.0123456789ab.js").write_text("1")
    with Browser(secure(make_site(static), WebSettings())) as browser:
        yield browser


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/", 200),
        ("/nowhere", 404),
        ("/fail", 500),
        ("/static/app.css", 200),
        ("/static/none.css", 404),
        ("/change", 405),
    ],
)
def test_every_answer_has_them(site: Browser, path: str, status: int) -> None:
    answer = site.get(path)
    assert answer.status_code == status
    assert {name: answer.headers[name] for name in ALWAYS} == dict(ALWAYS)
    assert answer.headers["content-security-policy"] == CSP
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "strict-transport-security" not in answer.headers


@pytest.mark.parametrize(
    "request_", [("TRACE", "/"), ("OPTIONS", "/"), ("CONNECT", "/"), ("PROPFIND", "/"), ("GET", "/" + "x" * 9000)]
)
def test_refusals_have_them_too(site: Browser, request_: tuple[str, str]) -> None:
    answer = site.ask(*request_)
    assert answer.status_code in (405, 414)
    assert answer.headers["content-security-policy"] == CSP
    assert answer.headers["cache-control"] == "no-store"
    assert "access-control-allow-origin" not in answer.headers


def test_a_failure_shows_nothing_of_the_program(site: Browser) -> None:
    assert "out of order" not in site.get("/fail").text
    assert "Traceback" not in site.get("/fail").text


def test_private_pages_are_never_kept_and_static_files_are(site: Browser) -> None:
    caching = {path: site.get(path).headers["cache-control"] for path in ("/", "/who", "/nowhere", "/static/none.css")}
    assert set(caching.values()) == {"no-store"}
    assert site.get("/static/app.css").headers["cache-control"] == "no-cache"
    for_good = "public, max-age=31536000, immutable"
    assert site.get("/static/app.0123456789ab.js").headers["cache-control"] == for_good
    assert site.get("/static/app.css?v=0123abcd").headers["cache-control"] == for_good


@pytest.mark.parametrize("override", ["x-http-method-override", "x-http-method", "x-method-override"])
def test_a_method_cannot_be_overridden(site: Browser, override: str) -> None:
    assert site.get("/change", headers={override: "POST"}).status_code == 405
    token = site.token("/")
    assert site.post("/change?_method=DELETE", data={"csrf": token, "_method": "DELETE"}).status_code == 200


@pytest.mark.parametrize(
    "path", ["/login?next=/%0d%0aset-cookie:%20x=1", "/login?next=%0d%0aset-cookie:x=1", "/who%0d%0ax:y"]
)
def test_no_header_is_injected(users: Users, settings: WebSettings, path: str) -> None:
    with Browser(secure(make_site(), settings, users=users)) as browser:
        answer = browser.get(path, headers={"accept": "text/html"})
        assert "x=1" not in answer.headers.get("set-cookie", "")
        assert "\r" not in answer.headers.get("location", "")
        assert "x" not in answer.headers
