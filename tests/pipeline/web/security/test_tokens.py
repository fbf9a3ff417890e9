"""Tokens of programs: shown once, found by their begin, ended at once."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.types import ASGIApp

from pipeline.settings.rooms.web import WebSettings
from pipeline.web.security.accounts_file import AccountsFile
from pipeline.web.security.roles import Role, User
from pipeline.web.security.secure import secure
from pipeline.web.security.tokens import Tokens
from pipeline.web.security.users import Users
from tests.pipeline.web.security.site import Browser, Clock, make_site

DAY = 86_400.0


@pytest.fixture
def tokens(users: Users) -> Tokens:
    return users.tokens


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


def test_a_token_is_known_until_it_is_removed(tokens: Tokens) -> None:
    token = tokens.add("robot", Role.OPERATOR, by="test")
    assert tokens.user_of(token) == User("token:robot", Role.OPERATOR)
    tokens.remove("ROBOT", by="test")
    assert tokens.user_of(token) is None


@pytest.mark.parametrize("change", [lambda text: text + "x", lambda text: text[:-1], lambda text: text[:20], str.upper])
def test_only_the_whole_token_counts(tokens: Tokens, change: object) -> None:
    token = tokens.add("robot", Role.VIEWER, by="test")
    assert tokens.user_of(change(token)) is None  # type: ignore[operator]
    assert [tokens.user_of(text) for text in ("", "glimpse", "glimpse_", "\0", "\ud800")] == [None] * 5


def test_the_file_does_not_hold_it(tokens: Tokens, settings: WebSettings) -> None:
    token = tokens.add("robot", Role.VIEWER, by="test")
    held = b"".join(path.read_bytes() for path in Path(settings.accounts).parent.glob("accounts.db*"))
    assert token.encode() not in held
    assert token.rpartition("_")[2].encode() not in held
    assert tokens.list()[0].prefix.encode() in held


def test_it_ends_by_itself_and_its_last_use_is_noted(tokens: Tokens, clock: Clock) -> None:
    token = tokens.add("robot", Role.VIEWER, by="test", until=clock.now + DAY)
    assert tokens.list()[0].used_at is None
    clock.now += DAY - 1
    assert tokens.user_of(token)
    assert tokens.list()[0].used_at == clock.now
    clock.now += 1
    assert tokens.user_of(token) is None


@pytest.mark.parametrize("name", ["", "a b", "local", "x" * 65, "token:x", "\n"])
def test_names_that_no_token_can_have(tokens: Tokens, name: str) -> None:
    with pytest.raises(ValueError, match="expected 1 to 64 letters"):
        tokens.add(name, Role.VIEWER, by="test")


def test_names_are_had_once(tokens: Tokens, users: Users) -> None:
    tokens.add("robot", Role.VIEWER, by="test")
    with pytest.raises(ValueError, match="one of this name already"):
        tokens.add("Robot", Role.VIEWER, by="test")
    with pytest.raises(ValueError, match="no such token"):
        tokens.remove("other", by="test")
    assert [entry.action for entry in users.audit.entries(limit=1)] == ["token added"]


def test_a_file_of_the_version_before_gets_tokens(tmp_path: Path) -> None:
    with AccountsFile(tmp_path / "a.db", create=True) as file:
        file.change("DROP TABLE tokens")
        file.change("PRAGMA user_version = 1")
    with AccountsFile(tmp_path / "a.db") as file:
        assert Tokens(file).list() == []


@pytest.fixture
def limited(settings: WebSettings, users: Users, clock: Clock) -> Iterator[Browser]:
    few = WebSettings(accounts=settings.accounts, token_requests_per_minute=4)
    with Browser(secure(make_site(), few, users=users, monotonic=clock)) as opened:
        yield opened


def test_a_token_opens_the_page_with_its_role(page: ASGIApp, browser: Browser, tokens: Tokens) -> None:
    operator, viewer = (tokens.add(role.word, role, by="test") for role in (Role.OPERATOR, Role.VIEWER))
    assert browser.get("/who", headers=bearer(operator)).json()["name"] == "token:operator"
    assert browser.post("/change", headers=bearer(operator)).status_code == 200
    assert browser.post("/change", headers=bearer(viewer)).status_code == 403
    assert browser.get("/admin/users", headers=bearer(operator)).status_code == 403
    tokens.remove("operator", by="test")
    assert browser.get("/who", headers=bearer(operator)).status_code == 401


def test_each_token_has_a_limit_of_its_own(limited: Browser, tokens: Tokens, clock: Clock) -> None:
    busy, calm = tokens.add("busy", Role.VIEWER, by="test"), tokens.add("calm", Role.VIEWER, by="test")
    assert [limited.get("/who", headers=bearer(busy)).status_code for _ in range(3)] == [200, 200, 429]
    assert limited.get("/who", headers=bearer(calm)).status_code == 200
    clock.now += 15
    assert limited.get("/who", headers=bearer(busy)).status_code == 200
