"""`/metrics`, `/health/live` and `/health/ready` of the page, as `glimpse metrics` answers them."""

from collections.abc import Awaitable, Callable

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pipeline.metrics.serve import Answer, answers
from pipeline.web.api.figures import PageFigures
from pipeline.web.room import Room

METRICS = "/metrics"
HEALTH = ("/health/live", "/health/ready")


def routes(room: Room) -> list[Route]:
    """The three routes. The metrics are those of the node at the first bus, and of the page."""
    live, api = room.live, room.api
    figures = PageFigures(
        api.requests,
        lambda: live.hub.browsers + live.events.browsers,
        files=api.history_files,
        deliveries=api.deliveries,
    )
    return [Route(path, _serving(answer)) for path, answer in answers(api.metrics, figures).items()]


def _serving(answer: Callable[[], Answer]) -> Callable[[Request], Awaitable[Response]]:
    async def serve(_: Request) -> Response:
        status, kind, body = await run_in_threadpool(answer)
        return Response(body, status, {"content-type": kind})

    return serve
