"""HTTP connections of uvicorn with a time limit for headers and a number for each address."""

import asyncio
from collections import Counter
from typing import Any, ClassVar

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from pipeline.web.security.networks import Networks, limit_key

HEADER_SECONDS = 10.0
MAX_PER_ADDRESS = 100


class LimitedConnection(H11Protocol):
    """Ends a connection whose next request, or rest of a body that nobody reads, is not there in time, and one too many
    of an address.

    uvicorn limits the time between requests, not that of a request whose headers come byte by byte.
    """

    header_seconds: ClassVar[float] = HEADER_SECONDS
    max_per_address: ClassVar[int] = MAX_PER_ADDRESS
    unlimited: ClassVar[Networks] = Networks((), setting="")
    open_connections: ClassVar[Counter[str]] = Counter()
    _key: str | None = None
    _header_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """asyncio."""
        super().connection_made(transport)
        address = self.client[0] if self.client else ""
        if address not in self.unlimited:
            self._key = limit_key(address)
            self.open_connections[self._key] += 1
            if self.open_connections[self._key] > self.max_per_address:
                transport.abort()
        self._await_headers()

    def data_received(self, data: bytes) -> None:
        """asyncio."""
        super().data_received(data)
        self._await_headers()

    def on_response_complete(self) -> None:
        """uvicorn: after each answer."""
        super().on_response_complete()
        self._await_headers()

    def connection_lost(self, exc: Exception | None) -> None:
        """asyncio."""
        self._stop_timer()
        if self._key is not None:
            self.open_connections[self._key] -= 1
            if not self.open_connections[self._key]:
                del self.open_connections[self._key]
        super().connection_lost(exc)

    def _await_headers(self) -> None:
        ignored_body = self.conn.their_state is h11.SEND_BODY and self.conn.our_state is h11.DONE
        if self.conn.their_state is not h11.IDLE and not ignored_body:
            self._stop_timer()
        elif self._header_timer is None:
            self._header_timer = self.loop.call_later(self.header_seconds, self.transport.abort)

    def _stop_timer(self) -> None:
        if self._header_timer is not None:
            self._header_timer.cancel()
            self._header_timer = None


def limited_connection(proxies: Networks, **limits: Any) -> type[LimitedConnection]:
    """The class for one server: its own counts, and no number for its proxies, behind which all browsers stand."""
    return type(
        "LimitedConnection", (LimitedConnection,), {"unlimited": proxies, "open_connections": Counter(), **limits}
    )
