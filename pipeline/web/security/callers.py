"""Finds out who makes a request: by bearer token, by a trusted proxy's word, by session, or nobody needs to say."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.types import Scope

from pipeline.web.security.answers import RequestRefusedError
from pipeline.web.security.connection import connection_of
from pipeline.web.security.cookies import BROWSER, SESSION, read_cookie
from pipeline.web.security.csrf import BrowserCookies
from pipeline.web.security.roles import LOCAL_USER, Role, User
from pipeline.web.security.sessions import Session, Sessions

KEY = "glimpse.caller"


@dataclass(frozen=True, slots=True)
class Caller:
    """user: None if nobody is logged in.  cookie: what the CSRF token is made of, empty with a bearer token, which no
    browser sends by itself.  new_cookie: the browser does not have it yet.  secret: the bearer token or session id."""

    user: User | None
    cookie: str = ""
    new_cookie: bool = False
    bearer: bool = False
    session: Session | None = None
    secret: str = ""


class Callers:
    """bearer: the user of a token, None for one that is not known.  roles: of the users that proxies name."""

    def __init__(
        self,
        *,
        sessions: Sessions | None,
        roles: Mapping[str, Role],
        login: bool,
        bearer: Callable[[str], User | None],
    ) -> None:
        self._sessions = sessions
        self._roles = roles
        self._login = login
        self._bearer = bearer
        self._browsers = BrowserCookies()

    async def find(self, scope: Scope) -> Caller:
        """Who it is. Raises RequestRefusedError for a wrong token, and for a user that the proxy alone knows."""
        kind, _, token = Headers(scope=scope).get("authorization", "").partition(" ")
        if kind.lower() == "bearer":
            return self._by_token(token.strip())
        if user := connection_of(scope).proxy_user:
            return self._with_browser_cookie(scope, self._named_by_proxy(user))
        session_id = read_cookie(scope, SESSION)
        session = await self._session(session_id)
        if session:
            return Caller(session.user, session_id, session=session, secret=session_id)
        return self._with_browser_cookie(scope, None if self._login else LOCAL_USER)

    async def is_still_in(self, caller: Caller) -> bool:
        """Whether a caller of an answer that goes on may see more of it."""
        if caller.bearer:
            return self._bearer(caller.secret) == caller.user
        if caller.session is None or self._sessions is None:
            return True
        found = await run_in_threadpool(self._sessions.find, caller.secret, renew=False)
        return found is not None and found.user == caller.user

    def _by_token(self, token: str) -> Caller:
        user = self._bearer(token)
        if user is None:
            raise RequestRefusedError(401, "this token is not known", {"www-authenticate": "Bearer"})
        return Caller(user, bearer=True, secret=token)

    def _named_by_proxy(self, name: str) -> User:
        role = self._roles.get(name, self._roles.get("*"))
        if role is None:
            raise RequestRefusedError(403, "web.proxy_roles has no role for this user")
        return User(name, role)

    async def _session(self, session_id: str) -> Session | None:
        if not session_id or self._sessions is None:
            return None
        return await run_in_threadpool(self._sessions.find, session_id)

    def _with_browser_cookie(self, scope: Scope, user: User | None) -> Caller:
        cookie = read_cookie(scope, BROWSER)
        known = self._browsers.is_own(cookie)
        return Caller(user, cookie if known else self._browsers.make(), new_cookie=not known)
