"""Refuses requests that no browser would make, and those for a host that is not this one."""

import re
from collections.abc import Collection

from python_multipart.multipart import parse_options_header
from starlette.types import ASGIApp, Receive, Scope, Send

from pipeline.web.security.answers import RequestRefusedError
from pipeline.web.security.connection import connection_of
from pipeline.web.security.forms import FORM_KINDS
from pipeline.web.security.networks import is_loopback, parse_address

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
MAX_TARGET_BYTES, MAX_HEADERS, MAX_HEADER_BYTES = 8192, 100, 16_384
_HOST = re.compile(r"(?P<host>\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:\d{1,5})?", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class RequestChecks:
    """Looks at method, target, headers and Host of every request.

    hosts: names that the settings give.  only_loopback: the page listens on loopback, so no other address is meant.
    only_proxies: the page has no TLS of its own, so nobody may come around the proxies.  no_login: nobody logs in, so a
    proxy in between, which nobody told of, would let everybody in.
    """

    def __init__(
        self, app: ASGIApp, *, hosts: Collection[str], only_loopback: bool, only_proxies: bool, no_login: bool
    ) -> None:
        self._app = app
        self._hosts = {host.lower() for host in hosts}
        self._only_loopback = only_loopback
        self._only_proxies = only_proxies
        self._no_login = no_login

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        try:
            _check_method(scope)
            _check_target(scope)
            _check_charset(scope)
            self._check_host(scope)
            self._check_way(scope)
        except RequestRefusedError as refusal:
            await refusal.answer(scope)(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _check_host(self, scope: Scope) -> None:
        """Against DNS rebinding: a stranger's name that leads here is in the Host header."""
        hosts = [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]
        match = _HOST.fullmatch(hosts[0]) if len(hosts) == 1 else None
        if match is None:
            raise RequestRefusedError(400, "expected one Host header")
        host = match["host"].lower().strip("[]").removesuffix(".")
        own_address = parse_address(host) is not None and not self._only_loopback
        if not (host in self._hosts or is_loopback(host) or own_address):
            raise RequestRefusedError(421, "this name is not one of the page; add it to web.hosts if it should be")

    def _check_way(self, scope: Scope) -> None:
        connection = connection_of(scope)
        if self._only_proxies and not connection.is_trusted:
            raise RequestRefusedError(403, "this page is reached through its proxy alone")
        if self._no_login and connection.was_forwarded:
            raise RequestRefusedError(
                403, "a proxy stands before this page: set web.accounts and web.trusted_proxies, or remove the proxy"
            )


def _check_method(scope: Scope) -> None:
    if scope["method"] not in METHODS:
        raise RequestRefusedError(405, "this method is not supported", {"allow": ", ".join(METHODS)})


def _check_target(scope: Scope) -> None:
    names = [name for name, _ in scope["headers"]]
    if b"transfer-encoding" in names and b"content-length" in names:  # two readers may find two different ends
        raise RequestRefusedError(400, "expected Content-Length or Transfer-Encoding, not both")
    if len(names) > MAX_HEADERS or sum(len(name) + len(value) for name, value in scope["headers"]) > MAX_HEADER_BYTES:
        raise RequestRefusedError(431, f"expected at most {MAX_HEADERS} headers of {MAX_HEADER_BYTES} bytes")
    if len(scope["raw_path"]) + len(scope["query_string"]) > MAX_TARGET_BYTES:
        raise RequestRefusedError(414, f"expected an address of at most {MAX_TARGET_BYTES} bytes")
    path = scope["path"]
    steps = re.split(r"[/\\]", path)
    if not path.startswith("/") or _CONTROL.search(path) or "." in steps or ".." in steps:
        raise RequestRefusedError(400, "expected a path without control characters and without '.' and '..' as steps")


def _check_charset(scope: Scope) -> None:
    """Forms are UTF-8 (URL standard, section 5; RFC 7578, section 5.1.2). Another codec could fail in the middle of a
    form, or make characters that cannot be written again."""
    kinds = [value for name, value in scope["headers"] if name == b"content-type"]
    if len(kinds) > 1:
        raise RequestRefusedError(400, "expected one Content-Type header")
    kind, parameters = parse_options_header(b"".join(kinds))  # as the reader of forms does
    charset = parameters.get(b"charset", b"utf-8").lower()
    if kind.decode("latin-1") in FORM_KINDS and charset not in (b"utf-8", b"utf8"):
        raise RequestRefusedError(415, "expected a form in UTF-8")
