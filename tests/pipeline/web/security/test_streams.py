"""Live pictures and events: only for users, so many of each, and not beyond their session."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import httpx
import msgspec
import pytest

from pipeline.settings.rooms.web import WebSettings
from pipeline.web.security.roles import Role
from pipeline.web.security.secure import secure
from pipeline.web.security.users import Users
from tests.pipeline.web.security.site import PASSWORD, free_port, make_site, serve, token_in


@pytest.fixture
def address(settings: WebSettings, users: Users) -> Iterator[str]:
    port = free_port()
    served = msgspec.structs.replace(settings, address=f"127.0.0.1:{port}", streams_per_user=2)
    with serve(secure(make_site(), served, users=users, watch_seconds=0.02), served):
        yield f"http://127.0.0.1:{port}"


@contextmanager
def log_in(address: str, name: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=address) as browser:
        token = token_in(browser.get("/login").text)
        assert browser.post("/login", data={"name": name, "password": PASSWORD, "csrf": token}).status_code == 303
        yield browser


def test_without_a_login_there_is_no_stream(address: str) -> None:
    assert httpx.get(f"{address}/events").status_code == 401
    page = httpx.get(f"{address}/events", headers={"accept": "text/html"})
    assert (page.status_code, page.headers["location"]) == (303, "/login?next=/events")


@pytest.mark.parametrize("end", ["logout", "password", "role", "remove", "others"])
def test_a_stream_ends_with_its_session(address: str, users: Users, end: str) -> None:
    with log_in(address, "otto") as browser, log_in(address, "otto") as other:
        with browser.stream("GET", "/events") as stream:
            parts = stream.iter_bytes()
            assert next(parts)
            if end == "logout":
                token = token_in(browser.get("/").text)
                assert browser.post("/logout", data={"csrf": token}).status_code == 303
            elif end == "password":
                users.accounts.set_password("otto", "another long password", by="ada")
            elif end == "role":
                users.accounts.set_role("otto", Role.VIEWER, by="ada")
            elif end == "remove":
                users.accounts.remove("otto", by="ada")
            else:
                kept = users.sessions.find(other.cookies["glimpse_session"])
                assert kept
                assert users.sessions.end_others(kept) == 1
            start = time.monotonic()
            for _ in parts:  # until the server ends it
                assert time.monotonic() - start < 10
        assert browser.get("/events").status_code == 401


def test_a_user_has_so_many_streams(address: str) -> None:
    with ExitStack() as stack:
        browser = stack.enter_context(log_in(address, "vera"))
        streams = [stack.enter_context(browser.stream("GET", "/events")).iter_bytes() for _ in range(2)]
        assert all(map(next, streams))
        assert browser.get("/events").status_code == 429
        assert browser.get("/who").status_code == 200
        other = stack.enter_context(log_in(address, "otto"))
        streams.append(stack.enter_context(other.stream("GET", "/events")).iter_bytes())
        assert next(streams[-1])
    with log_in(address, "vera") as again:
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            with again.stream("GET", "/events") as stream:
                if stream.status_code == 200:
                    return
    pytest.fail("closed streams still count")
