"""Changes that another site makes a browser ask for."""

from typing import Any

import pytest
from starlette.types import ASGIApp

from pipeline.settings.rooms.web import WebSettings
from pipeline.web.security.csrf import BrowserCookies, csrf_token, is_own_origin
from pipeline.web.security.roles import Role, User
from pipeline.web.security.secure import secure
from pipeline.web.security.users import Users
from tests.pipeline.web.security.site import HOME, Browser, make_site

ELSEWHERE: list[dict[str, str]] = [
    {"origin": "https://evil.example"},
    {"origin": "http://127.0.0.1:9999"},  # another program of this machine
    {"origin": "https://127.0.0.1:8080"},
    {"origin": "null"},
    {"origin": "null", "sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
    {"origin": HOME, "sec-fetch-site": "cross-site"},
    {"origin": ""},
]
HERE: list[dict[str, str]] = [
    {},
    {"origin": HOME},
    {"origin": HOME, "sec-fetch-site": "same-origin"},
    {"origin": "null", "sec-fetch-site": "same-origin"},  # a form, with Referrer-Policy: no-referrer
]


@pytest.mark.parametrize("headers", ELSEWHERE)
def test_a_change_from_elsewhere_is_refused_even_with_the_token(browser: Browser, headers: dict[str, str]) -> None:
    browser.log_in("otto")
    data = {"csrf": browser.token("/")}
    assert browser.post("/change", data=data, headers=headers).status_code == 403
    assert browser.ask("DELETE", "/change", headers=headers | {"x-csrf-token": data["csrf"]}).status_code == 403


@pytest.mark.parametrize("headers", HERE)
def test_a_change_from_here_needs_the_token(browser: Browser, headers: dict[str, str]) -> None:
    browser.log_in("otto")
    token = browser.token("/")
    assert browser.post("/change", data={"x": "1"}, headers=headers).status_code == 403
    assert browser.post("/change", data={"x": "1", "csrf": token[:-1]}, headers=headers).status_code == 403
    assert browser.post("/change", data={"x": "1", "csrf": token}, headers=headers).text == "changed x"
    assert browser.post("/change", headers=headers | {"x-csrf-token": token}).status_code == 200


def test_a_form_with_a_file_keeps_all_its_fields(browser: Browser) -> None:
    browser.log_in("otto")
    files = {"photo": ("a.jpg", b"x" * 300_000)}
    answer = browser.post("/change", data={"csrf": browser.token("/"), "name": "Ada"}, files=files)
    assert answer.text == "changed name, photo"
    assert browser.post("/change", data={"name": "Ada"}, files=files).status_code == 403
    token_as_file = {"csrf": ("a.txt", browser.token("/").encode())}
    assert browser.post("/change", files=token_as_file).status_code == 403


def test_a_damaged_form_is_refused(browser: Browser) -> None:
    browser.log_in("otto")
    kind = {"content-type": "multipart/form-data; boundary=x"}
    assert browser.post("/change", content=b"--y\r\n\r\n", headers=kind).status_code in (400, 403)
    kind = {"content-type": "multipart/form-data"}
    assert browser.post("/change", content=b"--y\r\n\r\n", headers=kind).status_code in (400, 403)


def test_json_needs_the_token_in_a_header(browser: Browser) -> None:
    browser.log_in("otto")
    assert browser.post("/json", json={"a": 1}).status_code == 403
    assert browser.post("/json", json={"a": 1}, headers={"x-csrf-token": browser.token("/")}).json() == {"a": 1}
    as_text = {"content-type": "text/plain"}
    assert browser.post("/json", content='{"csrf": "' + browser.token("/") + '"}', headers=as_text).status_code == 403


def test_the_token_of_another_session_is_worth_nothing(browser: Browser, page: ASGIApp) -> None:
    browser.log_in("otto")
    with Browser(page) as attacker:
        attacker.log_in("vera")
        token = attacker.token("/logout")
    assert browser.post("/change", data={"csrf": token}).status_code == 403


def test_without_login_a_change_needs_the_token_of_this_browser(local: Browser, local_page: ASGIApp) -> None:
    assert local.post("/change", data={"x": "1"}).status_code == 403
    token = local.token("/")
    assert local.post("/change", data={"x": "1", "csrf": token}).text == "changed x"
    with Browser(local_page) as other:
        assert other.post("/change", data={"csrf": token}).status_code == 403
        other.client.cookies.set("glimpse_browser", "made-up.00")
        assert other.post("/change", data={"csrf": csrf_token("made-up.00")}).status_code == 403


def test_a_browser_cookie_is_only_of_its_process() -> None:
    here, elsewhere = BrowserCookies(), BrowserCookies()
    cookie = here.make()
    assert here.is_own(cookie)
    assert not elsewhere.is_own(cookie)
    assert not here.is_own("")
    assert not here.is_own("é.\udce9")
    assert here.make() != cookie
    assert cookie not in csrf_token(cookie)


def test_the_login_itself_needs_a_token(browser: Browser) -> None:
    """Otherwise another site could log a browser in as somebody whose history it reads later."""
    data = {"name": "ada", "password": "correct horse battery"}
    assert browser.post("/login", data=data).status_code == 403
    data["csrf"] = browser.token()
    assert browser.post("/login", data=data, headers={"origin": "https://evil.example"}).status_code == 403


@pytest.mark.parametrize(
    ("mode", "status"),
    [
        ({"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors", "sec-fetch-dest": "image"}, 403),
        ({"sec-fetch-site": "same-site", "sec-fetch-mode": "cors", "sec-fetch-dest": "empty"}, 403),
        ({"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "iframe"}, 403),
        ({"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}, 200),
        ({"sec-fetch-site": "same-origin", "sec-fetch-mode": "no-cors", "sec-fetch-dest": "image"}, 200),
    ],
)
def test_other_sites_link_to_pages_and_do_not_embed_them(local: Browser, mode: dict[str, str], status: int) -> None:
    assert local.get("/who", headers=mode).status_code == status


@pytest.fixture
def api(settings: WebSettings, users: Users) -> Any:
    known = {"s3cret-token": User("frigate", Role.OPERATOR)}
    with Browser(secure(make_site(), settings, users=users, bearer=known.get)) as opened:
        yield opened


def test_a_bearer_token_needs_no_csrf_token_and_no_cookie(api: Browser) -> None:
    key = {"authorization": "Bearer s3cret-token"}
    assert api.post("/json", json={}, headers=key).status_code == 200
    assert api.get("/who", headers=key).json()["name"] == "frigate"
    assert api.get("/admin/users", headers=key).status_code == 403
    assert "set-cookie" not in api.get("/", headers=key).headers


def test_with_a_wrong_bearer_token_the_session_does_not_count(api: Browser) -> None:
    api.log_in("ada")
    answer = api.get("/who", headers={"authorization": "bearer wrong", "accept": "text/html"})
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert api.get("/who", headers={"authorization": "Basic YWRhOng="}).json()["name"] == "ada"


def test_where_a_change_comes_from() -> None:
    assert all(is_own_origin(headers, HOME) for headers in HERE)
    assert not any(is_own_origin(headers, HOME) for headers in ELSEWHERE)
