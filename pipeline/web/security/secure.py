"""Puts all protection around an ASGI application, from the outside in."""

import time
from collections.abc import Callable, Collection, Mapping

from starlette.routing import Router
from starlette.types import ASGIApp, Receive, Scope, Send

from pipeline.settings.rooms.web import WebSettings
from pipeline.web.security.address_limit import AddressLimit
from pipeline.web.security.audit import Audit
from pipeline.web.security.bodies import BodyLimit, body_limit
from pipeline.web.security.callers import Callers
from pipeline.web.security.connection import ProxyHeaders
from pipeline.web.security.exposure import check_exposure, needs_login, split_address
from pipeline.web.security.gate import Gate
from pipeline.web.security.headers import SecurityHeaders
from pipeline.web.security.login import Login, no_login_routes
from pipeline.web.security.login_limits import LoginLimits
from pipeline.web.security.networks import Networks, is_loopback
from pipeline.web.security.rates import RateLimit
from pipeline.web.security.request_checks import RequestChecks
from pipeline.web.security.roles import User, role_of
from pipeline.web.security.rules import LOGIN, LOGOUT
from pipeline.web.security.streams import WATCH_SECONDS, Streams
from pipeline.web.security.users import Users


def secure(
    app: ASGIApp,
    settings: WebSettings,
    *,
    users: Users | None = None,
    audit: Audit | None = None,
    bearer: Callable[[str], User | None] = lambda _: None,
    public: Collection[str] = (),
    monotonic: Callable[[], float] = time.monotonic,
    watch_seconds: float = WATCH_SECONDS,
) -> ASGIApp:
    """The application behind all checks. Raises ValueError for settings that would leave it open to strangers.

    users: of `open_users(settings)`.  audit: takes logins and refused requests; by default the file of the accounts
    does.  bearer: the user of an API token.  public: paths that anybody may read, such as `/health`.
    watch_seconds: how soon a stream ends with its session.
    """
    check_exposure(settings)
    if settings.accounts and users is None:
        raise ValueError(f"web.accounts: expected the accounts of {settings.accounts} to be open")
    note = audit or (users.audit if users else _no_audit)
    callers = Callers(
        sessions=users.sessions if users else None,
        roles={name: role_of(word) for name, word in settings.proxy_roles.items()},
        login=needs_login(settings),
        bearer=bearer,
    )
    inner: ASGIApp = _WithLogin(app, _login_pages(users, note, monotonic))
    inner = Streams(inner, settings.streams_per_user, callers.is_still_in, watch_seconds=watch_seconds)
    inner = Gate(inner, callers, note, public=public, monotonic=monotonic)
    upload_bytes = int(settings.upload_mb * 1e6)
    inner = BodyLimit(inner, lambda scope: body_limit(scope, upload_bytes))
    inner = AddressLimit(inner, RateLimit(settings.requests_per_minute, clock=monotonic))
    return _ByKind(app, _at_the_door(inner, settings))


def _login_pages(users: Users | None, note: Audit, monotonic: Callable[[], float]) -> Router:
    if users is None:
        return Router(no_login_routes())
    return Router(Login(users.accounts, users.sessions, LoginLimits(clock=monotonic), note).routes)


def _at_the_door(app: ASGIApp, settings: WebSettings) -> ASGIApp:
    """What looks at a request before it counts for anybody."""
    host, _ = split_address(settings.address)
    loopback = is_loopback(host)
    checked = RequestChecks(
        app,
        hosts=settings.hosts,
        only_loopback=loopback,
        only_proxies=not loopback and not settings.certificate,
        no_login=not needs_login(settings),
    )
    proxies = Networks(settings.trusted_proxies, setting="web.trusted_proxies")
    return ProxyHeaders(SecurityHeaders(checked), proxies, settings.proxy_user_header)


class _WithLogin:
    """Answers the addresses of the login itself."""

    def __init__(self, app: ASGIApp, login: ASGIApp) -> None:
        self._app = app
        self._login = login

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await (self._login if scope["path"] in (LOGIN, LOGOUT) else self._app)(scope, receive, send)


class _ByKind:
    """Requests pass all checks; the application hears of start and end; websockets, which nothing uses, are closed."""

    def __init__(self, app: ASGIApp, checked: ASGIApp) -> None:
        self._app = app
        self._checked = checked

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            await (self._app if scope["type"] == "lifespan" else self._checked)(scope, receive, send)


def _no_audit(*, by: str, action: str, target: str, details: Mapping[str, str]) -> None:
    """Without accounts everybody is the same local user: there is nobody to name in a log."""
