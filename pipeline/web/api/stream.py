"""Events as they come, as server-sent events."""

from collections.abc import AsyncIterator
from typing import Annotated

import msgspec
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from pipeline.web.api.endpoint import Endpoint, convert
from pipeline.web.api.problems import ApiError, bad_request
from pipeline.web.api.tracks import Text
from pipeline.web.live.hub import MAX_BROWSERS, FullError
from pipeline.web.live.items import KINDS, chosen
from pipeline.web.room import room_of
from pipeline.web.security.answers import refuse

RETRY = b"retry: 2000\n\n"  # milliseconds after which a client connects again


class EventQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which events are sent."""

    kinds: Annotated[Text | None, Meta(description=f"some of {','.join(KINDS)}; by default all")] = None


async def stream_events(request: Request) -> Response:
    """The stream: `event: lost` at the begin and where a slow client missed some, then an event a message."""
    try:
        kinds = _kinds(convert(dict(request.query_params), EventQuery))
    except ApiError as error:
        return refuse(request.url.path, error.status, str(error))
    if room_of(request).live.events.browsers >= MAX_BROWSERS:
        return refuse(request.url.path, 503, "too many programs are listening")
    return StreamingResponse(_messages(request, kinds), media_type="text/event-stream")


def _kinds(query: EventQuery) -> frozenset[str]:
    words = frozenset((query.kinds or ",".join(KINDS)).split(","))
    if unknown := words.difference(KINDS):
        raise bad_request(f"kinds: expected some of {','.join(KINDS)}, got {min(unknown)!r}")
    return words


async def _messages(request: Request, kinds: frozenset[str]) -> AsyncIterator[bytes]:
    yield RETRY
    try:
        async for messages in room_of(request).live.events.messages():
            if kept := chosen(messages, kinds):
                yield kept
    except FullError:
        return


endpoints = (
    Endpoint(
        "GET",
        "/events",
        "Events as they come",
        None,
        "text/event-stream",
        query=EventQuery,
        errors=(400, 503),
        stream=stream_events,
    ),
)
