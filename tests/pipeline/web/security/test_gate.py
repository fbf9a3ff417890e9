"""Who may do what, with which role and for how long."""

import pytest
from starlette.types import ASGIApp

from pipeline.settings.rooms.web import WebSettings
from pipeline.web.security.roles import Role
from pipeline.web.security.rules import needed_role
from pipeline.web.security.secure import secure
from pipeline.web.security.users import Users
from tests.pipeline.web.security.site import Browser, Clock, make_site

ALLOWED = {"vera": ("r", "own"), "otto": ("r", "own", "w"), "ada": ("r", "own", "w", "admin")}


@pytest.mark.parametrize("name", ALLOWED)
def test_each_role_may_do_its_part(browser: Browser, name: str) -> None:
    browser.log_in(name)
    token = {"x-csrf-token": browser.token("/")}
    codes = {
        "r": browser.get("/who").status_code,
        "own": browser.post("/account/sessions", headers=token).status_code,
        "w": browser.post("/change", headers=token).status_code,
        "admin": browser.get("/admin/users").status_code,
    }
    assert codes == {key: 200 if key in ALLOWED[name] else 403 for key in codes}


@pytest.mark.parametrize(
    ("method", "path", "role"),
    [
        ("GET", "/", Role.VIEWER),
        ("HEAD", "/people", Role.VIEWER),
        ("POST", "/people", Role.OPERATOR),
        ("DELETE", "/static/app.css", Role.OPERATOR),
        ("GET", "/admin", Role.ADMIN),
        ("GET", "/admin/", Role.ADMIN),
        ("POST", "/admin/users", Role.ADMIN),
        ("GET", "/administration", Role.VIEWER),
        ("POST", "/account/sessions", Role.VIEWER),
        ("POST", "/accounts", Role.OPERATOR),
        ("POST", "/logout", Role.VIEWER),
        ("GET", "/static/app.css", None),
        ("GET", "/statics", Role.VIEWER),
        ("GET", "/login", None),
        ("GET", "/login/x", Role.VIEWER),
        ("GET", "/health", None),
        ("POST", "/health", Role.OPERATOR),
    ],
)
def test_the_role_that_a_request_needs(method: str, path: str, role: Role | None) -> None:
    assert needed_role(method, path, ("/health",)) == role


def test_public_paths_need_nobody(settings: WebSettings, users: Users) -> None:
    with Browser(secure(make_site(), settings, users=users, public=["/health"])) as stranger:
        assert stranger.get("/health").status_code == 200
        assert stranger.get("/").status_code == 401


def test_without_login_it_is_the_local_admin(local: Browser) -> None:
    answer = local.get("/admin/users").json()
    assert (answer["name"], answer["role"]) == ("local", "admin")
    assert local.get("/login").headers["location"] == "/"
    assert local.get("/logout").status_code == 404
    assert local.post("/login", data={"csrf": local.token("/")}).status_code == 404


@pytest.mark.parametrize(("hours", "code"), [(7.9, 200), (8.1, 401)])
def test_a_session_ends_without_use(browser: Browser, clock: Clock, hours: float, code: int) -> None:
    browser.log_in()
    clock.now += hours * 3600
    assert browser.get("/who").status_code == code


def test_a_session_ends_after_a_week_of_use(browser: Browser, clock: Clock) -> None:
    browser.log_in()
    codes = []
    for _ in range(7 * 4 + 1):
        clock.now += 6 * 3600
        codes.append(browser.get("/who").status_code)
    assert codes == [200] * 27 + [401] * 2


@pytest.mark.parametrize("change", ["password", "role", "remove"])
def test_a_changed_account_ends_its_sessions(browser: Browser, users: Users, change: str) -> None:
    browser.log_in("otto")
    assert browser.get("/who").status_code == 200
    if change == "password":
        users.accounts.set_password("otto", "another long password", by="ada")
    elif change == "role":
        users.accounts.set_role("otto", Role.VIEWER, by="ada")
    else:
        users.accounts.remove("otto", by="ada")
    assert browser.get("/who").status_code == 401


def test_an_account_ends_at_its_time(browser: Browser, users: Users, clock: Clock) -> None:
    users.accounts.add("guest", "until tomorrow only", Role.VIEWER, by="ada", until=clock.now + 3600)
    assert browser.log_in("guest", "until tomorrow only").status_code == 303
    assert browser.get("/who").status_code == 200
    clock.now += 3601
    assert browser.get("/who").status_code == 401
    assert browser.log_in("guest", "until tomorrow only").status_code == 401


def test_too_many_requests_of_one_address(settings: WebSettings, clock: Clock) -> None:
    few = WebSettings(requests_per_minute=60)
    app: ASGIApp = secure(make_site(), few, monotonic=clock)
    with Browser(app, address="2001:db8::1") as one, Browser(app, address="2001:db8::2") as same_network:
        codes = [one.get("/who").status_code for _ in range(20)] + [same_network.get("/who").status_code] * 20
        codes = [one.get("/who").status_code for _ in range(10)]
        answer = same_network.get("/who")
        assert (answer.status_code, answer.headers["retry-after"]) == (429, "1")
        assert codes.count(429) == 1
        clock.now += 2.0
        assert one.get("/who").status_code == 200
    with Browser(app, address="203.0.113.1") as other:
        assert other.get("/who").status_code == 200


def test_refused_requests_of_a_user_do_not_flood_the_audit_log(browser: Browser, users: Users) -> None:
    browser.log_in("vera")
    for _ in range(60):
        browser.post("/change")
    refused = [entry for entry in users.audit.entries(limit=1000) if entry.action == "request refused"]
    assert len(refused) == 15
    assert refused[0].details == {"reason": "this needs the role operator", "address": "127.0.0.1"}
