"""Fixtures: a room with everything, and a program that asks it without a login, from this machine."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeline.settings.rooms.web import WebSettings
from pipeline.web.app import make_app
from pipeline.web.room import Room
from pipeline.web.security.roles import Role
from pipeline.web.security.secure import secure
from pipeline.web.security.users import Users, open_users
from tests.pipeline.web.api.rooms import make_api_room
from tests.pipeline.web.security.site import Browser, make_accounts, quick_passwords

MANY = 1_000_000


@pytest.fixture
def settings(tmp_path: Path) -> WebSettings:
    accounts = str(make_accounts(tmp_path / "accounts.db"))
    return WebSettings(
        accounts=accounts, deepstack=True, requests_per_minute=MANY, token_requests_per_minute=MANY, upload_mb=1
    )


@pytest.fixture
def users(settings: WebSettings) -> Iterator[Users]:
    opened = open_users(settings, passwords=quick_passwords())
    assert opened
    yield opened
    opened.close()


@pytest.fixture
def room(tmp_path: Path, settings: WebSettings, users: Users) -> Room:
    return make_api_room(tmp_path / "room", audit=users.audit, settings=settings)


class Program:
    """A client with a token, or without."""

    def __init__(self, browser: Browser, token: str = "") -> None:
        self._browser = browser
        self.token = token

    def ask(self, method: str, path: str, **request: Any) -> Any:
        headers = {"authorization": f"Bearer {self.token}"} if self.token else {}
        return self._browser.ask(method, path, headers=headers, **request)

    def get(self, path: str, **request: Any) -> Any:
        return self.ask("GET", path, **request)

    def post(self, path: str, **request: Any) -> Any:
        return self.ask("POST", path, **request)


@pytest.fixture
def browser(room: Room, settings: WebSettings, users: Users) -> Iterator[Browser]:
    with Browser(
        secure(make_app(room), settings, users=users, public=("/health/live",), local=("/metrics",))
    ) as opened:
        yield opened


@pytest.fixture
def operator(browser: Browser, users: Users) -> Program:
    return Program(browser, users.tokens.add("robot", Role.OPERATOR, by="test"))


@pytest.fixture
def viewer(browser: Browser, users: Users) -> Program:
    return Program(browser, users.tokens.add("screen", Role.VIEWER, by="test"))


@pytest.fixture
def nobody(browser: Browser) -> Program:
    return Program(browser)
