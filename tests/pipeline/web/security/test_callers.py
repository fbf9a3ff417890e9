"""Who makes a request, where several things say so, and whether that still holds while an answer goes on."""

import asyncio
from collections.abc import Callable

import pytest
from starlette.types import Scope

from pipeline.web.security.answers import RequestRefusedError
from pipeline.web.security.callers import Caller, Callers
from pipeline.web.security.connection import KEY, Connection
from pipeline.web.security.roles import LOCAL_USER, Role, User
from pipeline.web.security.users import Users

ROBOT = User("robot", Role.OPERATOR)
TOKENS = {"s3cret": ROBOT}


def scope(*headers: tuple[str, str], proxy_user: str = "") -> Scope:
    found = Connection(
        "10.0.0.1", "203.0.113.9", is_trusted=bool(proxy_user), was_forwarded=False, proxy_user=proxy_user
    )
    return {
        "type": "http",
        "scheme": "http",
        "path": "/",
        "headers": [(name.encode(), value.encode("latin-1")) for name, value in headers],
        KEY: found,
    }


def callers(
    users: Users | None = None, *, login: bool = True, bearer: Callable[[str], User | None] = TOKENS.get
) -> Callers:
    roles = {"vera": Role.VIEWER, "*": Role.OPERATOR}
    return Callers(sessions=users.sessions if users else None, roles=roles, login=login, bearer=bearer)


def find(found: Callers, *headers: tuple[str, str], proxy_user: str = "") -> Caller:
    return asyncio.run(found.find(scope(*headers, proxy_user=proxy_user)))


def start_session(users: Users, name: str = "otto") -> str:
    account = users.accounts.find(name)
    assert account
    session_id = users.sessions.start(account, address="", agent="")
    assert session_id
    return session_id


@pytest.mark.parametrize(
    "header", ["Bearer", "Bearer ", "bearer wrong", "BEARER s3cret x", "Bearer \xe9", "Bearer a,b"]
)
def test_a_wrong_token_is_refused_whatever_else_says_who_it_is(users: Users, header: str) -> None:
    cookie = ("cookie", f"glimpse_session={start_session(users)}")
    with pytest.raises(RequestRefusedError, match="not known") as refused:
        find(callers(users), ("authorization", header), cookie, proxy_user="vera")
    assert refused.value.status == 401


def test_a_token_comes_before_proxy_and_session_and_gets_no_cookie(users: Users) -> None:
    cookie = ("cookie", f"glimpse_session={start_session(users)}")
    caller = find(callers(users), ("authorization", "BeArEr   s3cret "), cookie, proxy_user="vera")
    assert (caller.user, caller.bearer, caller.cookie, caller.new_cookie) == (ROBOT, True, "", False)


def test_the_proxys_user_comes_before_the_session_and_has_the_role_of_the_settings(users: Users) -> None:
    cookie = ("cookie", f"glimpse_session={start_session(users)}")
    caller = find(callers(users), cookie, proxy_user="vera")
    assert (caller.user, caller.session) == (User("vera", Role.VIEWER), None)
    assert find(callers(users), proxy_user="anybody").user == User("anybody", Role.OPERATOR)
    strict = Callers(sessions=None, roles={"vera": Role.VIEWER}, login=True, bearer=TOKENS.get)
    with pytest.raises(RequestRefusedError, match="no role for this user") as refused:
        find(strict, proxy_user="Vera")
    assert refused.value.status == 403


@pytest.mark.parametrize("cookie", ["", "x", "\xff" * 50, "x" * 4000, "a.b", "../../etc/passwd", "' OR 1=1 --"])
def test_a_made_up_cookie_is_nobody_and_is_replaced(users: Users, cookie: str) -> None:
    caller = find(callers(users), ("cookie", f"glimpse_session={cookie}; glimpse_browser={cookie}"))
    assert (caller.user, caller.session, caller.new_cookie) == (None, None, True)
    assert caller.cookie not in ("", cookie)


def test_where_nobody_logs_in_everybody_is_the_local_user_with_a_cookie_that_stays() -> None:
    found = callers(login=False)
    first = find(found)
    again = find(found, ("cookie", f"glimpse_browser={first.cookie}"))
    assert (first.user, first.new_cookie) == (LOCAL_USER, True)
    assert (again.user, again.cookie, again.new_cookie) == (LOCAL_USER, first.cookie, False)


def test_a_stream_ends_with_its_session_and_with_a_change_of_its_role(users: Users) -> None:
    found = callers(users)
    for change in (
        lambda session_id: users.sessions.end(session_id),
        lambda _: users.accounts.set_role("otto", Role.VIEWER, by="test"),
        lambda _: users.accounts.remove("otto", by="test"),
    ):
        session_id = start_session(users)
        caller = find(found, ("cookie", f"glimpse_session={session_id}"))
        assert asyncio.run(found.is_still_in(caller))
        change(session_id)
        assert not asyncio.run(found.is_still_in(caller))


def test_a_stream_ends_with_its_token_and_with_a_change_of_its_role() -> None:
    tokens = dict(TOKENS)
    found = callers(bearer=tokens.get)
    caller = find(found, ("authorization", "Bearer s3cret"))
    assert asyncio.run(found.is_still_in(caller))
    tokens["s3cret"] = User("robot", Role.VIEWER)
    assert not asyncio.run(found.is_still_in(caller))
    del tokens["s3cret"]
    assert not asyncio.run(found.is_still_in(caller))
