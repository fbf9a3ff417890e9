"""Fixtures: a page with accounts, and one without."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.types import ASGIApp

from pipeline.settings.rooms.web import WebSettings
from pipeline.web.security.secure import secure
from pipeline.web.security.users import Users, open_users
from tests.pipeline.web.security.site import Browser, Clock, make_accounts, make_site, quick_passwords


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def settings(tmp_path: Path) -> WebSettings:
    return WebSettings(accounts=str(make_accounts(tmp_path / "accounts.db")))


@pytest.fixture
def users(settings: WebSettings, clock: Clock) -> Iterator[Users]:
    opened = open_users(settings, passwords=quick_passwords(), clock=clock)
    assert opened
    yield opened
    opened.close()


@pytest.fixture
def page(settings: WebSettings, users: Users, clock: Clock) -> ASGIApp:
    """The page with accounts."""
    return secure(make_site(), settings, users=users, monotonic=clock)


@pytest.fixture
def local_page(clock: Clock) -> ASGIApp:
    """The page without login."""
    return secure(make_site(), WebSettings(), monotonic=clock)


@pytest.fixture
def browser(page: ASGIApp) -> Iterator[Browser]:
    with Browser(page) as opened:
        yield opened


@pytest.fixture
def local(local_page: ASGIApp) -> Iterator[Browser]:
    with Browser(local_page) as opened:
        yield opened
