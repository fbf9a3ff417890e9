"""Limits the requests of each token, so that one program in a loop does not slow the page for all."""

import math

from starlette.types import ASGIApp, Receive, Scope, Send

from pipeline.web.security.answers import RequestRefusedError
from pipeline.web.security.callers import KEY, Caller
from pipeline.web.security.rates import RateLimit


class TokenLimit:
    """Answers 429 to a token that is used more often than `rate` lets it."""

    def __init__(self, app: ASGIApp, rate: RateLimit) -> None:
        self._app = app
        self._rate = rate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        caller: Caller = scope[KEY]
        wait = self._rate.wait_seconds(caller.user.name) if caller.bearer and caller.secret and caller.user else 0.0
        if wait:
            refusal = RequestRefusedError(
                429, "too many requests with this token", {"retry-after": str(math.ceil(wait))}
            )
            await refusal.answer(scope)(scope, receive, send)
        else:
            await self._app(scope, receive, send)
