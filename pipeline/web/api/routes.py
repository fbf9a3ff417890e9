"""All endpoints, their routes, and the document that describes them."""

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from pipeline.web.api import alerts, cameras, corrections, groups, people, photographs, stream, tracks
from pipeline.web.api.openapi import make_document
from pipeline.web.security.answers import API, refuse

DOCUMENT = "/api/openapi.json"
MODULES = (cameras, tracks, people, photographs, groups, alerts, corrections, stream)
ENDPOINTS = tuple(endpoint for module in MODULES for endpoint in module.endpoints)


async def show_document(request: Request) -> Response:
    """The OpenAPI document."""
    return Response(msgspec.json.encode(make_document(ENDPOINTS)), media_type="application/json")


async def _missing(request: Request) -> Response:
    return refuse(request.url.path, 404, f"there is no such endpoint; {DOCUMENT} lists them")


METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


def routes() -> list[BaseRoute]:
    """The routes of the API, for the page's application."""
    found = [endpoint.route() for endpoint in ENDPOINTS]
    return [Route(DOCUMENT, show_document), *found, Route(API + "{rest:path}", _missing, methods=METHODS)]
