"""Who asks: what is known of the connection behind a request, with and without proxies in between."""

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.types import ASGIApp, Receive, Scope, Send

from pipeline.web.security.networks import Networks, parse_address

FORWARDED = frozenset(
    f"x-forwarded-{name}".encode() for name in ("for", "proto", "host", "port", "prefix", "server")
) | {b"forwarded", b"x-real-ip"}
KEY = "glimpse.connection"
Headers = Sequence[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class Connection:
    """peer: address of the other end.  client: address of the browser.  proxy_user: whom a trusted proxy named."""

    peer: str
    client: str
    is_trusted: bool
    was_forwarded: bool
    proxy_user: str


def connection_of(scope: Scope) -> Connection:
    """What ProxyHeaders found out about a request."""
    found: Connection = scope[KEY]
    return found


class ProxyHeaders:
    """Believes X-Forwarded-For, -Proto and -Host, and the header with the user, of trusted proxies alone.

    The browser is the right-most hop that is no trusted proxy: those left of it are what the browser itself sent. All
    these headers are removed before anybody behind this sees them.
    """

    def __init__(self, app: ASGIApp, proxies: Networks, user_header: str) -> None:
        self._app = app
        self._proxies = proxies
        self._user_header = user_header.lower().encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        await self._app(self._resolve(scope), receive, send)

    def _resolve(self, scope: Scope) -> Scope:
        peer, headers = (scope.get("client") or ("", 0))[0], scope["headers"]
        trusted = peer in self._proxies
        client = self._client(peer, headers) if trusted else peer
        users = _values(headers, self._user_header) if self._user_header and trusted else []
        found = Connection(
            peer=peer,
            client=client,
            is_trusted=trusted,
            was_forwarded=any(name in FORWARDED for name, _ in headers),
            proxy_user=users[0].strip() if len(users) == 1 else "",
        )
        cleaned = [pair for pair in headers if pair[0] not in FORWARDED and pair[0] != self._user_header]
        changed = {"client": (client, 0), KEY: found, "headers": cleaned}
        return {**scope, **changed, **(_public_address(headers, cleaned) if trusted else {})}

    def _client(self, peer: str, headers: Headers) -> str:
        client = peer
        for hop in reversed(_list(headers, b"x-forwarded-for")):
            address = parse_address(hop)
            if address is None:
                break
            client = str(address)
            if client not in self._proxies:
                break
        return client


def _public_address(headers: Headers, cleaned: list[tuple[bytes, bytes]]) -> Scope:
    """Scheme and Host as the browser used them, as far as the nearest proxy says so."""
    changed: Scope = {}
    if (schemes := _list(headers, b"x-forwarded-proto")) and schemes[-1] in ("http", "https"):
        changed["scheme"] = schemes[-1]
    if hosts := _list(headers, b"x-forwarded-host"):
        kept = [pair for pair in cleaned if pair[0] != b"host"]
        changed["headers"] = [(b"host", hosts[-1].encode("latin-1")), *kept]
    return changed


def _values(headers: Headers, name: bytes) -> list[str]:
    return [value.decode("latin-1") for key, value in headers if key == name]


def _list(headers: Headers, name: bytes) -> list[str]:
    return [part.strip() for part in ",".join(_values(headers, name)).split(",") if part.strip()]
