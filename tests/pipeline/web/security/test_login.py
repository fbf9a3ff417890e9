"""Login and logout as a browser sees them, and what somebody else tries with them."""

import time
from pathlib import Path
from statistics import median

import pytest
from argon2 import PasswordHasher
from starlette.types import ASGIApp

from pipeline.settings.rooms.web import WebSettings
from pipeline.web.security.accounts import Accounts
from pipeline.web.security.accounts_file import AccountsFile
from pipeline.web.security.passwords import Passwords
from pipeline.web.security.roles import Role
from pipeline.web.security.users import Users
from tests.pipeline.web.security.site import PASSWORD, Browser, Clock

ACCEPTS = {"accept": "text/html"}


def test_a_browser_is_sent_to_the_login_and_back_to_its_page(browser: Browser) -> None:
    answer = browser.get("/who?x=1", headers=ACCEPTS)
    assert (answer.status_code, answer.headers["location"]) == (303, "/login?next=/who%3Fx%3D1")
    assert 'value="/who?x=1"' in browser.get(answer.headers["location"]).text
    answer = browser.log_in("vera", next_page="/who?x=1")
    assert (answer.status_code, answer.headers["location"]) == (303, "/who?x=1")
    assert browser.get("/who").json()["name"] == "vera"
    assert browser.get("/login").headers["location"] == "/"


def test_others_get_401(browser: Browser) -> None:
    assert browser.get("/who").status_code == 401
    assert browser.post("/change").status_code == 401
    answer = browser.get("/who", headers={"hx-request": "true"})
    assert (answer.status_code, answer.headers["hx-redirect"]) == (401, "/login")


@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("ada", "wrong horse battery"),
        ("eve", PASSWORD),
        ("", ""),
        ("ada", ""),
        ("ada", PASSWORD + " "),
        ("a" * 9000, "x"),
    ],
)
def test_a_wrong_name_or_password_gives_the_same_answer(browser: Browser, name: str, password: str) -> None:
    answer = browser.log_in(name, password)
    assert answer.status_code == 401
    assert "Name or password is wrong." in answer.text
    assert "set-cookie" not in answer.headers
    assert browser.get("/who").status_code == 401


def test_the_session_cookie_is_for_the_server_alone(browser: Browser) -> None:
    cookie = browser.log_in().headers["set-cookie"]
    assert cookie.startswith("glimpse_session=")
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Path=/" in cookie
    assert "Domain" not in cookie


def test_a_session_that_was_planted_before_the_login_is_worth_nothing(page: ASGIApp, browser: Browser) -> None:
    """Session fixation: with an id that nobody was given, and with one of the attacker's own."""
    browser.client.cookies.set("glimpse_session", "planted", domain="127.0.0.1")
    browser.log_in("otto")
    with Browser(page) as attacker:
        attacker.client.cookies.set("glimpse_session", "planted")
        assert attacker.get("/who").status_code == 401
    own = browser.client.cookies["glimpse_session"]
    browser.client.cookies.set("glimpse_browser", "planted.00", domain="127.0.0.1")
    with Browser(page) as attacker:
        attacker.log_in("vera")
        planted = attacker.client.cookies["glimpse_session"]
        with Browser(page) as victim:
            token = victim.token()
            victim.client.cookies.set("glimpse_session", planted)
            form = {"name": "ada", "password": PASSWORD, "csrf": token}
            assert victim.post("/login", data=form).status_code == 403  # the form was not of the planted session
        assert attacker.get("/who").json()["name"] == "vera"
    assert planted != own


def test_a_new_login_ends_the_session_of_the_same_browser(browser: Browser, page: ASGIApp) -> None:
    browser.log_in("otto")
    old = browser.client.cookies["glimpse_session"]
    token = browser.token("/")
    assert browser.post("/login", data={"name": "ada", "password": PASSWORD, "csrf": token}).status_code == 303
    assert browser.get("/who").json()["name"] == "ada"
    with Browser(page) as thief:
        thief.client.cookies.set("glimpse_session", old)
        assert thief.get("/who").status_code == 401


def test_logout_ends_the_session_on_the_server(browser: Browser, page: ASGIApp) -> None:
    browser.log_in("vera")
    stolen = browser.client.cookies["glimpse_session"]
    token = browser.token("/logout")
    assert browser.post("/logout").status_code == 403
    assert browser.post("/logout", data={"csrf": token}).headers["location"] == "/login"
    with Browser(page) as thief:
        thief.client.cookies.set("glimpse_session", stolen)
        assert thief.get("/who").status_code == 401


def test_guessing_is_slowed_down_for_the_account_wherever_it_comes_from(page: ASGIApp, clock: Clock) -> None:
    tried = 0
    for number in range(20):
        with Browser(page, address=f"198.51.100.{number}") as guesser:
            tried += guesser.log_in("ada", f"guess number {number}").status_code == 401
    assert tried == 5
    with Browser(page, address="203.0.113.1") as owner:
        answer = owner.log_in()
        assert answer.status_code == 429
        assert int(answer.headers["retry-after"]) >= 1
        assert owner.log_in("otto").status_code == 303
    clock.now += 61  # never longer for an account
    with Browser(page, address="203.0.113.1") as owner:
        assert owner.log_in().status_code == 303


def test_guessing_is_slowed_down_for_the_address_whatever_the_account(page: ASGIApp, clock: Clock) -> None:
    with Browser(page, address="2001:db8::1") as guesser:
        codes = [guesser.log_in(f"name{number}", "some password").status_code for number in range(8)]
    assert codes == [401] * 5 + [429] * 3
    with Browser(page, address="2001:db8::ffff:2") as neighbour:  # the same /64
        assert neighbour.log_in().status_code == 429
    with Browser(page, address="2001:db8:0:1::2") as other:
        assert other.log_in().status_code == 303


def test_a_right_password_in_between_buys_no_more_guesses(page: ASGIApp) -> None:
    codes = []
    for number in range(8):
        with Browser(page, address="198.51.100.7") as insider:
            codes.append(insider.log_in(f"name{number}", "some password").status_code)
            if codes[-1] == 401 and number < 4:
                assert insider.log_in("vera").status_code == 303
    assert codes.count(401) == 5


@pytest.mark.slow
def test_the_time_does_not_tell_whether_an_account_exists(tmp_path: Path) -> None:
    passwords = Passwords(PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1))
    with AccountsFile(tmp_path / "a.db", create=True) as file:
        accounts = Accounts(file, passwords)
        accounts.add("ada", PASSWORD, Role.ADMIN, by="test")
        seconds: dict[str, list[float]] = {"ada": [], "eve": []}
        for _ in range(60):
            for name, times in seconds.items():
                start = time.perf_counter()
                assert accounts.check_password(name, "wrong horse battery") is None
                times.append(time.perf_counter() - start)
    known, unknown = (median(times) for times in seconds.values())
    assert 0.7 < known / unknown < 1.4


def test_an_outdated_hash_is_made_anew_at_login(users: Users) -> None:
    stronger = Passwords(PasswordHasher(time_cost=2, memory_cost=16, parallelism=1))
    before = users.accounts.find("ada")
    account = Accounts(users.file, stronger).check_password("ada", PASSWORD)
    assert account
    assert before
    assert account.password != before.password
    assert "m=16,t=2" in account.password
    assert users.sessions.start(account, address="", agent="")
    assert users.accounts.check_password("ada", "wrong horse battery") is None


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example", "https://evil.example", "/\\evil.example", "\\\\evil.example", "javascript:alert(1)",
        "/%0d%0aset-cookie:x=1\r\n", "/\t/evil.example", " //evil.example", "http:evil.example", "/login", "x" * 3000,
        "", "///evil.example", "/\x00", "/ä",
    ],
)  # fmt: skip
def test_login_leads_to_pages_of_this_site_alone(browser: Browser, target: str) -> None:
    answer = browser.log_in(next_page=target)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/"


def test_every_login_is_in_the_audit_log_and_no_password_is(
    browser: Browser, users: Users, settings: WebSettings, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(0)
    secrets = ["wrong horse battery", "my-password-in-the-wrong-field", PASSWORD]
    browser.log_in("ada", secrets[0])
    browser.log_in(secrets[1], "")
    browser.log_in("vera")
    secrets += [browser.client.cookies["glimpse_session"], browser.token("/logout")]
    browser.post("/change", data={"csrf": secrets[-1]})
    browser.post("/logout", data={"csrf": secrets[-1]})
    entries = users.audit.entries()
    assert [(entry.by, entry.action, entry.target) for entry in entries[:5]] == [
        ("vera", "logged out", "vera"),
        ("vera", "request refused", "POST /change"),
        ("vera", "logged in", "vera"),
        ("", "login failed", "unknown account"),
        ("", "login failed", "ada"),
    ]
    users.close()
    stored = b"".join(path.read_bytes() for path in Path(settings.accounts).parent.iterdir())
    for secret in secrets:
        assert secret.encode() not in stored
        assert secret not in caplog.text
        assert secret not in str(entries)
