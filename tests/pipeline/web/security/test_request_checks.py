"""Requests that no browser makes, one header at a time. Hosts, paths and methods: test_server.py."""

import pytest

from pipeline.settings.rooms.web import WebSettings
from pipeline.web.security.request_checks import MAX_HEADER_BYTES, MAX_HEADERS, MAX_TARGET_BYTES
from pipeline.web.security.secure import secure
from tests.pipeline.web.security.site import Browser, make_site

PART = b'--x\r\nContent-Disposition: form-data; name="csrf"\r\n\r\n'


@pytest.mark.parametrize(
    "kind",
    [
        "multipart/form-data; boundary=x; charset=undefined",
        "Multipart/Form-Data; boundary=x; CHARSET = unicode_escape",
        'multipart/form-data; charset="utf-16"; boundary=x',
        "multipart/form-data; charset=utf-8; charset=undefined; boundary=x",
        "application/x-www-form-urlencoded; charset=utf-7",
    ],
)
def test_a_form_of_another_charset_is_refused_and_fails_nowhere(
    local: Browser, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    """`undefined` raises what no reader of forms expects; `unicode_escape` makes half of a surrogate pair."""
    answer = local.post("/change", content=PART + b"\\ud800\r\n--x--\r\n", headers={"content-type": kind})
    assert (answer.status_code, answer.text) == (415, "expected a form in UTF-8\n")
    assert caplog.records == []


@pytest.mark.parametrize("charset", ["utf-8", "UTF-8", '"utf8"'])
def test_a_form_that_says_that_it_is_utf_8_is_read(local: Browser, charset: str) -> None:
    content = PART + local.token("/").encode() + b"\r\n--x--\r\n"
    kind = f"multipart/form-data; boundary=x; charset={charset}"
    assert local.post("/change", content=content, headers={"content-type": kind}).text == "changed "


def test_two_kinds_of_one_body_are_refused(local: Browser) -> None:
    headers = [("content-type", "application/json"), ("content-type", "multipart/form-data; boundary=x")]
    assert local.post("/change", content=b"{}", headers=headers).status_code == 400


def test_limits_hold_to_the_byte(local: Browser) -> None:
    path = "/" + "x" * (MAX_TARGET_BYTES - 1)
    assert local.get(path).status_code == 404
    assert local.get(path + "x").status_code == 414
    assert local.get(path[:-2] + "?q").status_code == 404
    own = local.get("/who").json()["headers"]
    spare = {f"x-{number}": "" for number in range(MAX_HEADERS - len(own))}
    assert local.get("/who", headers=spare).status_code == 200
    assert local.get("/who", headers={**spare, "x-more": ""}).status_code == 431
    assert local.get("/who", headers={"x": "y" * (MAX_HEADER_BYTES - 1000)}).status_code == 200
    assert local.get("/who", headers={"x": "y" * MAX_HEADER_BYTES}).status_code == 431


def test_without_login_a_proxy_that_nobody_told_of_lets_nobody_in(local: Browser) -> None:
    for name in ("x-forwarded-for", "forwarded", "x-real-ip", "x-forwarded-host"):
        answer = local.get("/who", headers={name: "203.0.113.9"})
        assert (answer.status_code, "web.trusted_proxies" in answer.text) == (403, True)


def test_a_page_that_only_its_proxy_protects_cannot_be_reached_around_it() -> None:
    settings = WebSettings(
        address="0.0.0.0:8080",
        trusted_proxies=("10.0.0.1",),
        proxy_user_header="x-user",
        proxy_roles={"*": "viewer"},
        hosts=("watch.example.org",),
    )
    app = secure(make_site(), settings)
    for address, status in (("10.0.0.1", 200), ("10.0.0.2", 403), ("::ffff:10.0.0.1", 200)):
        with Browser(app, "https://watch.example.org", address=address) as browser:
            assert browser.get("/who", headers={"x-user": "vera"}).status_code == status
