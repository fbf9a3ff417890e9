"""Lets a request through if its user may make it and it comes from a page of this site."""

import time
from collections.abc import Callable, Collection
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pipeline.web.security.answers import RequestRefusedError
from pipeline.web.security.audit import Audit
from pipeline.web.security.callers import KEY, Caller, Callers
from pipeline.web.security.cookies import BROWSER, set_cookie
from pipeline.web.security.csrf import csrf_token, is_embedded_elsewhere, is_equal, is_own_origin
from pipeline.web.security.forms import read_field
from pipeline.web.security.rates import RateLimit
from pipeline.web.security.rules import LOGIN, READING, needed_role

REFUSALS_PER_MINUTE = 30
"""Refused requests of one user that the audit log takes: more of them must not push out its other entries."""


class _LoginFirstError(RequestRefusedError):
    """Nobody is logged in."""


class Gate:
    """Sets `request.state.user`, `.csrf` and `.session` for what is behind it.

    public: paths that anybody may read.  audit: takes the refused requests of users.
    """

    def __init__(
        self,
        app: ASGIApp,
        callers: Callers,
        audit: Audit,
        *,
        public: Collection[str] = (),
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._app = app
        self._callers = callers
        self._audit = audit
        self._public = frozenset(public)
        self._noted = RateLimit(REFUSALS_PER_MINUTE, clock=monotonic)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        caller = Caller(None)
        try:
            caller = await self._callers.find(scope)
            self._check_role(scope, caller)
            receive = await _check_origin(scope, receive, caller)
        except RequestRefusedError as refusal:
            await self._refuse(refusal, scope, receive, send, caller)
        else:
            await self._app(_with_state(scope, caller), receive, _sender(scope, send, caller))

    def _check_role(self, scope: Scope, caller: Caller) -> None:
        needed = needed_role(scope["method"], scope["path"], self._public)
        if needed is None:
            return
        if caller.user is None:
            raise _LoginFirstError(401, "log in first")
        if caller.user.role < needed:
            raise RequestRefusedError(403, f"this needs the role {needed.word}")

    async def _refuse(
        self, refusal: RequestRefusedError, scope: Scope, receive: Receive, send: Send, caller: Caller
    ) -> None:
        if caller.user and not self._noted.wait_seconds(caller.user.name):
            target = f"{scope['method']} {scope['path'][:200]}"
            details = {"reason": str(refusal), "address": scope["client"][0]}
            await run_in_threadpool(
                self._audit, by=caller.user.name, action="request refused", target=target, details=details
            )
        answer = _to_login(scope) if isinstance(refusal, _LoginFirstError) else None
        await (answer or refusal.answer())(scope, receive, send)


async def _check_origin(scope: Scope, receive: Receive, caller: Caller) -> Receive:
    """Raise RequestRefusedError if another site made the browser ask; returns a `receive` that has the whole body."""
    headers = Headers(scope=scope)
    if caller.bearer:
        return receive
    if scope["method"] in READING:
        if needed_role(scope["method"], scope["path"]) and is_embedded_elsewhere(headers):
            raise RequestRefusedError(403, "other sites may link to this page, not embed it")
        return receive
    if not is_own_origin(headers, f"{scope['scheme']}://{headers.get('host', '')}"):
        raise RequestRefusedError(403, "this change was asked for by another site")
    token = headers.get("x-csrf-token", "")
    if not token:
        token, receive = await read_field(scope, receive, "csrf")
    if caller.new_cookie or not is_equal(token, csrf_token(caller.cookie)):
        raise RequestRefusedError(403, "the page is too old: load it again, then repeat the change")
    return receive


def _with_state(scope: Scope, caller: Caller) -> Scope:
    token = csrf_token(caller.cookie) if caller.cookie else ""
    state = {**scope.get("state", {}), "user": caller.user, "csrf": token, "session": caller.session}
    return {**scope, "state": state, KEY: caller}


def _sender(scope: Scope, send: Send, caller: Caller) -> Send:
    """Gives a browser its cookie with the first page, whose forms have the token of it."""

    async def send_with_cookie(message: Message) -> None:
        if message["type"] == "http.response.start" and caller.new_cookie:
            headers = MutableHeaders(scope=message)
            if headers.get("content-type", "").startswith("text/html"):
                cookie = Response()
                set_cookie(cookie, scope, BROWSER, caller.cookie)
                headers.append("set-cookie", cookie.headers["set-cookie"])
        await send(message)

    return send_with_cookie


def _to_login(scope: Scope) -> Response | None:
    """A browser that opens a page is sent to the login; None for anything else that asks."""
    headers = Headers(scope=scope)
    if headers.get("hx-request"):
        return Response(status_code=401, headers={"hx-redirect": LOGIN})
    if scope["method"] != "GET" or "text/html" not in headers.get("accept", ""):
        return None
    query = scope["query_string"].decode("latin-1")
    target = scope["path"] + (f"?{query}" if query else "")
    return RedirectResponse(f"{LOGIN}?next={quote(target, safe='/')}", 303)
