"""Puts the pages together: `make_app(room)` is the whole page as an ASGI application, without login and limits."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles

from pipeline.web.api import deepstack, health
from pipeline.web.api import routes as api
from pipeline.web.pages import (
    about,
    alert_rules,
    alerts,
    areas,
    audit,
    camera_settings,
    cameras,
    clip,
    erase,
    live,
    naming,
    people,
    person,
    search,
    settings,
    timeline,
    track,
    unknown,
)
from pipeline.web.render import HERE, respond
from pipeline.web.room import Room, UnavailableError

PEOPLE = (naming, people, person, erase, unknown)
CAMERAS = (cameras, areas, settings, camera_settings)
PAGES = (live, timeline, track, clip, search, *PEOPLE, alerts, alert_rules, *CAMERAS, audit, about)
SENTENCES = {404: "There is no such page.", 405: "This page takes no such request."}


def make_app(room: Room) -> Starlette:
    """The pages of a watch room. `pipeline.web.security` puts login, limits and headers around them."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        room.live.on_item = room.api.metrics.add
        room.live.open()
        yield
        room.live.close()
        room.clips.close()

    routes = [route for page in PAGES for route in page.routes]
    app = Starlette(
        routes=[*routes, *_for_programs(room), Mount("/static", StaticFiles(directory=HERE / "static"), name="static")],
        exception_handlers={HTTPException: _show_refusal, UnavailableError: _show_unavailable},
        lifespan=lifespan,
    )
    app.state.room = room
    return app


def _for_programs(room: Room) -> list[BaseRoute]:
    return [*health.routes(room), *api.routes(), *(deepstack.routes if room.settings.deepstack else ())]


async def _show_refusal(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    says_nothing = error.detail == HTTPStatus(error.status_code).phrase
    sentence = SENTENCES.get(error.status_code, error.detail) if says_nothing else error.detail
    return respond(request, "sorry.html", status=error.status_code, title="Not found", sentence=sentence)


async def _show_unavailable(request: Request, error: Exception) -> Response:
    return respond(request, "sorry.html", status=503, title="Not available", sentence=str(error))
