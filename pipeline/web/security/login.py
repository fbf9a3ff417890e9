"""The pages `/login` and `/logout`."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import anyio
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from pipeline.web.render import respond
from pipeline.web.security.accounts import Account, Accounts
from pipeline.web.security.audit import Audit
from pipeline.web.security.cookies import BROWSER, SESSION, clear_cookie, read_cookie, set_cookie
from pipeline.web.security.login_limits import LoginLimits
from pipeline.web.security.next_page import safe_next
from pipeline.web.security.sessions import Sessions

HASHING_AT_ONCE = 2
"""Each check of a password takes 64 MiB and a core for about 50 ms."""
MAX_WAITING = 16
WRONG = "Name or password is wrong."


@dataclass(frozen=True)
class _Try:
    name: str
    password: str
    next_page: str
    address: str


class Login:
    """Checks passwords, and begins and ends sessions."""

    def __init__(self, accounts: Accounts, sessions: Sessions, limits: LoginLimits, audit: Audit) -> None:
        self._accounts = accounts
        self._sessions = sessions
        self._limits = limits
        self._audit = audit
        self._hashing = anyio.CapacityLimiter(HASHING_AT_ONCE)

    @property
    def routes(self) -> Sequence[Route]:
        """The pages."""
        return (
            Route("/login", self._show, methods=["GET"]),
            Route("/login", self._log_in, methods=["POST"]),
            Route("/logout", self._ask, methods=["GET"]),
            Route("/logout", self._log_out, methods=["POST"]),
        )

    async def _show(self, request: Request) -> Response:
        next_page = safe_next(request.query_params.get("next", "/"))
        return RedirectResponse(next_page, 303) if request.state.user else _form(request, next_page)

    async def _log_in(self, request: Request) -> Response:
        tried = await _read_try(request)
        if self._hashing.statistics().tasks_waiting >= MAX_WAITING:
            return _form(request, tried.next_page, "The page is busy. Try again in a moment.", 503)
        if wait := self._limits.try_now(tried.name, tried.address):
            return _wait(request, tried, wait)
        account = await anyio.to_thread.run_sync(
            self._accounts.check_password, tried.name, tried.password, limiter=self._hashing
        )
        session_id = await run_in_threadpool(self._start, request, tried, account) if account else None
        if account is None or session_id is None:
            await run_in_threadpool(self._note_failure, tried)
            return _form(request, tried.next_page, WRONG, 401)
        self._limits.succeeded(tried.name, tried.address)
        return _logged_in(request, tried.next_page, session_id)

    def _start(self, request: Request, tried: _Try, account: Account) -> str | None:
        """A new session in place of the browser's old one: an id that somebody planted before is worth nothing."""
        self._sessions.end(read_cookie(request.scope, SESSION))
        agent = request.headers.get("user-agent", "")
        session_id = self._sessions.start(account, address=tried.address, agent=agent)
        if session_id:
            details = {"address": tried.address}
            self._audit(by=account.name, action="logged in", target=account.name, details=details)
        return session_id

    def _note_failure(self, tried: _Try) -> None:
        """Of an unknown name nothing is kept: people type their password there."""
        known = self._accounts.find(tried.name)
        name = known.name if known else "unknown account"
        self._audit(by="", action="login failed", target=name, details={"address": tried.address})

    async def _ask(self, request: Request) -> Response:
        return respond(request, "logout.html")

    async def _log_out(self, request: Request) -> Response:
        await run_in_threadpool(self._end, request)
        answer = RedirectResponse("/login", 303)
        clear_cookie(answer, request.scope, SESSION)
        return answer

    def _end(self, request: Request) -> None:
        self._sessions.end(read_cookie(request.scope, SESSION))
        name = request.state.user.name
        self._audit(by=name, action="logged out", target=name, details={"address": _address(request)})


def no_login_routes() -> Sequence[Route]:
    """The same addresses where nobody logs in here."""

    async def home(_: Request) -> Response:
        return RedirectResponse("/", 303)

    async def nothing(_: Request) -> Response:
        return PlainTextResponse("nobody logs in here\n", 404)

    return (
        Route("/login", home, methods=["GET"]),
        Route("/login", nothing, methods=["POST"]),
        Route("/logout", nothing, methods=["GET", "POST"]),
    )


def _form(request: Request, next_page: str, sentence: str = "", status: int = 200) -> Response:
    return respond(request, "login.html", status=status, next=next_page, sentence=sentence)


def _wait(request: Request, tried: _Try, seconds: float) -> Response:
    wait = math.ceil(seconds)
    answer = _form(request, tried.next_page, f"Too many wrong passwords. Try again in {wait} s.", 429)
    answer.headers["retry-after"] = str(wait)
    return answer


async def _read_try(request: Request) -> _Try:
    form = await request.form()
    name, password, next_page = (str(form.get(key, "")) for key in ("name", "password", "next"))
    return _Try(name, password, safe_next(next_page), _address(request))


def _logged_in(request: Request, next_page: str, session_id: str) -> Response:
    answer = RedirectResponse(next_page, 303)
    set_cookie(answer, request.scope, SESSION, session_id)
    clear_cookie(answer, request.scope, BROWSER)
    return answer


def _address(request: Request) -> str:
    return request.client.host if request.client else ""
