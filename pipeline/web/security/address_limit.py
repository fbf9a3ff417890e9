"""Limits the requests of each address."""

import math

from starlette.types import ASGIApp, Receive, Scope, Send

from pipeline.web.security.answers import RequestRefusedError
from pipeline.web.security.connection import connection_of
from pipeline.web.security.networks import limit_key
from pipeline.web.security.rates import RateLimit


class AddressLimit:
    """Answers 429 to an address that asks more often than `rate` lets it."""

    def __init__(self, app: ASGIApp, rate: RateLimit) -> None:
        self._app = app
        self._rate = rate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        wait = self._rate.wait_seconds(limit_key(connection_of(scope).client))
        if wait:
            refusal = RequestRefusedError(429, "too many requests", {"retry-after": str(math.ceil(wait))})
            await refusal.answer()(scope, receive, send)
        else:
            await self._app(scope, receive, send)
