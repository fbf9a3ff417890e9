"""Bounds answers that go on, such as live pictures and events, and cuts them when their user is no longer logged in."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable

import anyio
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pipeline.web.security.answers import RequestRefusedError
from pipeline.web.security.callers import KEY, Caller

KINDS = ("text/event-stream", "multipart/x-mixed-replace")
WATCH_SECONDS, FAREWELL_SECONDS = 1.0, 1.0


class Streams:
    """Lets each user have `most` streams at once; one more is answered with 429.

    is_still_in: asked every `watch_seconds` of each stream. An application whose stream waits in a thread is cut when
    that thread comes back.
    """

    def __init__(
        self,
        app: ASGIApp,
        most: int,
        is_still_in: Callable[[Caller], Awaitable[bool]],
        *,
        watch_seconds: float = WATCH_SECONDS,
    ) -> None:
        self._app = app
        self._most = most
        self._is_still_in = is_still_in
        self._watch_seconds = watch_seconds
        self._open: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        caller: Caller = scope[KEY]
        name = caller.user.name if caller.user else ""
        watch: asyncio.Task[None] | None = None
        with anyio.CancelScope() as cut:

            async def count(message: Message) -> None:
                nonlocal watch
                if message["type"] == "http.response.start" and _is_stream(message):
                    if self._open[name] >= self._most:
                        cut.cancel()
                        await anyio.sleep(0)  # raises: the application goes no further
                    self._open[name] += 1
                    watch = asyncio.create_task(self._watch(caller, cut))
                await send(message)

            try:
                await self._app(scope, receive, count)
            finally:
                if watch:
                    watch.cancel()
                    self._forget(name)
        if cut.cancelled_caught:
            await (_end(send) if watch else self._refuse(scope, receive, send))

    async def _watch(self, caller: Caller, cut: anyio.CancelScope) -> None:
        while await self._is_still_in(caller):
            await asyncio.sleep(self._watch_seconds)
        cut.cancel()

    def _forget(self, name: str) -> None:
        self._open[name] -= 1
        if not self._open[name]:
            del self._open[name]

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        sentence = f"{self._most} live pictures and event streams are open already; close one of them"
        await RequestRefusedError(429, sentence, {"retry-after": "10"}).answer()(scope, receive, send)


async def _end(send: Send) -> None:
    with anyio.move_on_after(FAREWELL_SECONDS):  # whoever does not read gets no farewell
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def _is_stream(message: Message) -> bool:
    kind = Headers(raw=message["headers"]).get("content-type", "")
    return kind.partition(";")[0].strip().lower() in KINDS
