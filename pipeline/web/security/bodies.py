"""Limits the bodies of requests in bytes and time."""

import asyncio
from collections.abc import Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pipeline.web.security.answers import RequestRefusedError

SMALL_BYTES, LOGIN_BYTES = 1_000_000, 16_384
PAUSE_SECONDS, BASE_SECONDS, SLOWEST_BYTES_PER_SECOND = 20.0, 30.0, 100_000.0


def body_limit(scope: Scope, upload_bytes: int) -> int:
    """Bytes that the body of a request may have: forms with files more than others."""
    if scope["path"] == "/login":
        return LOGIN_BYTES
    kinds = [value for name, value in scope["headers"] if name == b"content-type"]
    return upload_bytes if any(kind.lower().startswith(b"multipart/form-data") for kind in kinds) else SMALL_BYTES


class BodyLimit:
    """Answers 413 for a body that is too long, with a length or in chunks, and 408 for one that comes too slowly.

    limit: bytes for a request.
    """

    def __init__(self, app: ASGIApp, limit: Callable[[Scope], int], *, pause_seconds: float = PAUSE_SECONDS) -> None:
        self._app = app
        self._limit = limit
        self._pause_seconds = pause_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        limit = self._limit(scope)
        try:
            _check_length(scope, limit)
        except RequestRefusedError as refusal:
            await refusal.answer()(scope, receive, send)
            return
        body = _Body(receive, send, limit, self._pause_seconds)
        try:
            await self._app(scope, body.receive, body.send)
        except Exception:
            if body.refusal is None:
                raise
        if body.refusal and not body.started:
            await body.refusal.answer()(scope, receive, send)


def _check_length(scope: Scope, limit: int) -> None:
    lengths = [value for name, value in scope["headers"] if name == b"content-length"]
    if any(not value.isdigit() for value in lengths) or len(set(lengths)) > 1:
        raise RequestRefusedError(400, "expected Content-Length to be one number")
    if lengths and int(lengths[0][:20]) > limit:
        raise _too_long(limit)


class _Body:
    """One body on its way in. An application that fails because of it does not answer in its place."""

    def __init__(self, receive: Receive, send: Send, limit: int, pause_seconds: float) -> None:
        self._receive, self._send = receive, send
        self._left = limit
        self._limit = limit
        self._pause_seconds = pause_seconds
        self._end = asyncio.get_running_loop().time() + BASE_SECONDS + limit / SLOWEST_BYTES_PER_SECOND
        self._complete = False
        self.refusal: RequestRefusedError | None = None
        self.started = False

    async def receive(self) -> Message:
        """The next part. Raises RequestRefusedError."""
        message = await (self._receive() if self._complete else self._receive_in_time())
        self._left -= len(message.get("body", b""))
        self._complete = not message.get("more_body", False)
        if self._left < 0:
            self.refusal = _too_long(self._limit)
            raise self.refusal
        return message

    async def send(self, message: Message) -> None:
        """Pass an answer on, unless the body was refused before it began."""
        if self.refusal is None or self.started:
            self.started = True
            await self._send(message)

    async def _receive_in_time(self) -> Message:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout_at(min(loop.time() + self._pause_seconds, self._end)):
                return await self._receive()
        except TimeoutError:
            self.refusal = RequestRefusedError(408, "the body came too slowly")
            raise self.refusal from None


def _too_long(limit: int) -> RequestRefusedError:
    return RequestRefusedError(413, f"expected a body of at most {limit} bytes")
