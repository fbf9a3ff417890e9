"""Sets the headers that protect every answer, those of errors and static files too."""

import logging
import re
from collections.abc import Mapping

from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pipeline.web.security.answers import refuse

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src 'self';"
    " connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
PERMISSIONS = "camera=(self), microphone=(), geolocation=(), display-capture=(), payment=(), usb=(), serial=(), hid=()"
ALWAYS: Mapping[str, str] = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": PERMISSIONS,
}
HSTS = f"max-age={365 * 86_400}"
STATIC = "/static/"
_HASHED = re.compile(r"\.[0-9a-f]{8,64}\.[a-z0-9.]+$")
_LOG = logging.getLogger(__name__)


class SecurityHeaders:
    """Adds the headers, and answers in place of an application that failed before it began its answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        started = False

        async def protect(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                _protect(MutableHeaders(scope=message), scope, message["status"])
            await send(message)

        try:
            await self._app(scope, receive, protect)
        except ClientDisconnect:
            _LOG.debug("the client of %s %s ended before its request did", scope["method"], scope["path"])
        except Exception:
            _LOG.exception("the page could not answer %s %s", scope["method"], scope["path"])
            if not started:
                await refuse(scope["path"], 500, "the page failed; its log says why")(scope, receive, protect)


def _protect(headers: MutableHeaders, scope: Scope, status: int) -> None:
    headers.update(ALWAYS)
    headers["cache-control"] = _caching(scope, status)
    if scope["scheme"] == "https":
        headers["strict-transport-security"] = HSTS


def _caching(scope: Scope, status: int) -> str:
    """Private pages are never kept; static files are, for good where their address has a hash of their content."""
    if not scope["path"].startswith(STATIC) or status not in (200, 206, 304):
        return "no-store"
    hashed = _HASHED.search(scope["path"]) or scope["query_string"].startswith(b"v=")
    return "public, max-age=31536000, immutable" if hashed else "no-cache"
