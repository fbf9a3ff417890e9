"""Pictures of enrolled people, for the other pages."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pipeline.web.render import NOBODY
from pipeline.web.room import UnavailableError, room_of


def portrait(request: Request) -> Response:
    """The stored photograph of somebody enrolled; an outline of somebody where there is none."""
    try:
        with room_of(request).gallery() as people:
            found = people.portrait(request.path_params["name"])
    except UnavailableError:
        found = None
    if found is None:
        return Response(NOBODY, media_type="image/svg+xml")
    return Response(found, media_type="image/webp")


routes = (Route("/people/{name}/portrait", portrait),)
