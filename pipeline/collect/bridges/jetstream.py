"""A stream of NATS JetStream: `Nats-Msg-Id` is the key of the entry, and each message names the one before it.

JetStream drops a message whose id it has seen within the stream's window for duplicates, two minutes by default. Beyond
it, `Nats-Expected-Last-Sequence` refuses each message that does not stand behind the one that the bridge knows
(https://docs.nats.io/nats-concepts/jetstream/headers). So many messages can be on their way at once: if one is refused,
so are those behind it. The bridge then asks for the last message, whose headers say which entry it is.
"""

import asyncio
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote

from configs.extras import install_extra
from pipeline.collect.bridges.servers import Server, server_of
from pipeline.collect.bridges.target import Limit, MovedError, Tip
from pipeline.collect.entry import Entry
from pipeline.settings.rooms.collect import NatsSettings

if TYPE_CHECKING:
    from nats.aio.client import Client
    from nats.js import JetStreamContext

PORT = 4222
ANSWER_SECONDS = 10.0
ID, NUMBER, EXPECTED = "Nats-Msg-Id", "Glimpse-Number", "Nats-Expected-Last-Sequence"
EXPECTED_STREAM = "Nats-Expected-Stream"
MAX_DIGITS = 20  # of a sequence
_WRONG_LAST_SEQUENCE, _STREAM_NOT_FOUND, _NO_MESSAGE = 10071, 10059, 10037
T = TypeVar("T")


class JetStream:
    """The stream of `collect.nats`. Raises ConfigurationError for wrong settings, ValueError without the client.

    Its event loop runs only within a call.
    """

    name = "nats"

    def __init__(self, settings: NatsSettings) -> None:
        self._settings, self._server = settings, server_of(settings, "collect.nats", PORT)
        try:
            import nats.errors
        except ImportError:
            raise ValueError(f"collect.nats: expected the package nats-py: {install_extra('cluster')}") from None
        self._errors: tuple[type[Exception], ...] = (nats.errors.Error, asyncio.TimeoutError)
        self._runner: asyncio.Runner | None = None
        self._link: _Link | None = None

    def tip(self) -> Tip:
        self.close()
        self._runner = asyncio.Runner()
        self._link = self._run(_connect(self._server))
        return self._run(self._link.tip(self._settings))

    def limit(self) -> Limit:
        return self._run(self._connected().limit(self._settings.stream))

    def size_of(self, entry: Entry) -> int:
        """With its headers, which the server counts, too; the subject does not count."""
        headers = {
            ID: entry.key,
            NUMBER: str(entry.number),
            EXPECTED: "0" * MAX_DIGITS,
            EXPECTED_STREAM: self._settings.stream,
        }
        lines = ["NATS/1.0", *(f"{name}: {value}" for name, value in headers.items()), ""]
        return sum(len(line) + len("\r\n") for line in lines) + len(entry.body)

    def place(self) -> int:
        return self._run(self._connected().place(self._settings.stream))

    def append(self, entries: Sequence[Entry], after: Tip) -> Tip:
        self._run(self._connected().append(self._settings, entries, after.place))
        last = entries[-1]
        return Tip(last.number, last.key, after.place + len(entries))

    def close(self) -> None:
        if self._link:
            with suppress(*self._errors, OSError):
                self._run(self._link.close())
        self._link = None
        if self._runner:
            self._runner.close()
        self._runner = None

    def _connected(self) -> "_Link":
        if self._link is None:
            raise OSError("nats: not connected")
        return self._link

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        if self._runner is None:
            work.close()
            raise OSError("nats: not connected")
        try:
            return self._runner.run(asyncio.wait_for(work, 2 * ANSWER_SECONDS))
        except self._errors as error:
            raise OSError(str(error) or f"nats: {type(error).__name__}") from error


class _Link:
    """A connection that is given up with its first error. closed: set once it is lost."""

    def __init__(self, client: "Client", closed: asyncio.Event) -> None:
        self._client, self._closed = client, closed
        self._js: JetStreamContext = client.jetstream(timeout=ANSWER_SECONDS)

    async def tip(self, settings: NatsSettings) -> Tip:
        """The last message; the stream is made where it is missing. Raises ValueError for a message of others."""
        from nats.js.errors import APIError

        await self._make_stream(settings)
        place = await self.place(settings.stream)
        if not place:
            return Tip(None, "", 0)
        try:
            message = await self._js.get_msg(settings.stream, place)
        except APIError as error:
            if error.err_code != _NO_MESSAGE:
                raise
            return Tip(None, "", place)
        headers = message.headers or {}
        number = headers.get(NUMBER, "")
        if not (number.isascii() and number.isdigit() and len(number) <= MAX_DIGITS):
            raise ValueError(f"collect.nats: stream {settings.stream} has messages of others; name another stream")
        return Tip(int(number), headers.get(ID, ""), place)

    async def limit(self, stream: str) -> Limit:
        """The smaller one of the server's limit and of the stream's, which has one only where somebody gave it one."""
        most = Limit(self._client.max_payload, "max_payload of the NATS server")
        of_stream = (await self._js.stream_info(stream)).config.max_msg_size or 0
        if 0 < of_stream < most.most:
            return Limit(of_stream, f"max_msg_size of the JetStream stream {stream}")
        return most

    async def place(self, stream: str) -> int:
        from nats.js.errors import NotFoundError

        try:
            return (await self._js.stream_info(stream)).state.last_seq
        except NotFoundError:
            return 0

    async def append(self, settings: NatsSettings, entries: Sequence[Entry], place: int) -> None:
        """Publish all, in order, and wait for every answer. Raises MovedError, and what nats raises."""
        # Not `publish_async` of nats-py 2.16: what the server refuses, it never tells.
        publishing = [
            self._js.publish(
                subject_of(settings.subject, entry),
                entry.body,
                stream=settings.stream,
                headers={ID: entry.key, NUMBER: str(entry.number), EXPECTED: str(place + offset)},
            )
            for offset, entry in enumerate(entries)
        ]
        _check_answers(await self._unless_lost(publishing))

    async def _unless_lost(self, publishing: Sequence[Coroutine[Any, Any, Any]]) -> Sequence[Any]:
        """All answers or their exceptions. Raises OSError where the connection is lost before they are there."""
        waiting: asyncio.Future[Any] = asyncio.gather(*publishing, return_exceptions=True)
        lost: asyncio.Future[Any] = asyncio.ensure_future(self._closed.wait())
        await asyncio.wait({waiting, lost}, return_when=asyncio.FIRST_COMPLETED)
        lost.cancel()
        if waiting.done():
            return list(waiting.result())
        waiting.cancel()
        with suppress(asyncio.CancelledError):
            await waiting
        raise OSError("nats: the connection was lost before the server answered")

    async def close(self) -> None:
        await self._client.close()

    async def _make_stream(self, settings: NatsSettings) -> None:
        from nats.js.api import StreamConfig
        from nats.js.errors import NotFoundError

        try:
            await self._js.stream_info(settings.stream)
        except NotFoundError:
            await self._js.add_stream(
                StreamConfig(
                    name=settings.stream,
                    subjects=[f"{settings.subject}.>"],
                    max_age=settings.keep_days * 86_400.0,
                )
            )


def _check_answers(answers: Sequence[Any]) -> None:
    """Raises MovedError where the stream was not where the bridge thought, or the first other error."""
    from nats.js.errors import APIError, NoStreamResponseError

    for answer in answers:
        is_refused = isinstance(answer, APIError) and answer.err_code == _WRONG_LAST_SEQUENCE
        if is_refused or isinstance(answer, NoStreamResponseError):
            raise MovedError
        if isinstance(answer, BaseException):
            raise answer
        if answer.duplicate:  # of a message that was still on its way when the last one was asked for
            raise MovedError


async def _connect(server: Server) -> _Link:
    from nats.aio.client import Client

    closed, client = asyncio.Event(), Client()

    async def note_closed() -> None:
        closed.set()

    async def ignore(_: Exception) -> None:
        """The call that meets it raises."""

    options: dict[str, Any] = {"tls": server.tls} if server.tls else {}
    if server.username or server.password:
        options |= {"user": server.username, "password": server.password}
    address = f"{_host(server.host)}:{server.port}"
    try:
        await client.connect(
            f"{'tls' if server.tls else 'nats'}://{address}",
            name="glimpse",
            allow_reconnect=False,
            max_reconnect_attempts=1,  # of connecting at all
            reconnect_time_wait=0,
            connect_timeout=int(ANSWER_SECONDS),
            closed_cb=note_closed,
            disconnected_cb=note_closed,
            error_cb=ignore,
            **options,
        )
    except OSError as error:  # such as a pipe that a server closed, which refuses the certificate
        raise OSError(f"nats {address}: {error}") from error
    finally:
        if not client.is_connected:
            await client.close()
    return _Link(client, closed)


def _host(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def subject_of(start: str, entry: Entry) -> str:
    """START.NODE.KIND.CAMERA; what has a meaning in subjects, or is not ASCII, is written as %XX, as dots are.

    What is empty is a `%` alone: NATS takes no empty part, and one such entry must not keep back those behind it.
    """
    _, kind, camera = (*entry.topic.removesuffix("/").split("/", 2), "", "")[:3]
    parts = (quote(part, safe="").replace(".", "%2E") or "%" for part in (entry.node, kind, camera))
    return ".".join((start, *parts))
