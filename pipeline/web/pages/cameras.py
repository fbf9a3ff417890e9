"""The cameras: how large faces are where, from where people can be named, and how much nearer one must come."""

from collections.abc import Mapping

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pipeline.web.live.state import Camera
from pipeline.web.pages.forms import number
from pipeline.web.range_map import COLUMNS, LEVELS, ROWS, Naming, frame_size, make_range_map
from pipeline.web.render import respond
from pipeline.web.room import Room, UnavailableError, room_of

USUAL_METRES = 3.0


def show(request: Request) -> Response:
    """All cameras: those in view, in the past, and in the file."""
    room = room_of(request)
    live = {camera.name: camera for camera in room.live.state.cameras()}
    names = sorted({*live, *_past_cameras(room), *_configured(room)})
    return respond(request, "cameras.html", cameras=[(name, live.get(name)) for name in names])


def one(request: Request) -> Response:
    """The range map of a camera."""
    room, name = room_of(request), str(request.path_params["camera"])
    metres = number(request.query_params, "metres", least=0.1, most=1000) or USUAL_METRES
    live = find_camera(room, name)
    with room.history() as history:
        if live is None and name not in history.cameras() and name not in _configured(room):
            raise HTTPException(404)
        places, scores = history.places(name), history.named_scores()
    naming, sentence = _naming(room)
    room.live.look()
    width, height = frame_size(places) if places.boxes else (16.0, 9.0)
    return respond(
        request,
        "camera.html",
        name=name,
        live=live,
        map=make_range_map(places, naming, scores),
        naming=naming,
        sentence=sentence,
        metres=metres,
        frame=(width, height),
        grid=(COLUMNS, ROWS),
        levels=LEVELS,
        keys=_keys(),
        in_file=name in _configured(room),
    )


def find_camera(room: Room, name: str) -> Camera | None:
    """A camera that a node tells of; of two nodes with one of that name, the first."""
    return next((camera for camera in room.live.state.cameras() if camera.name == name), None)


def _keys() -> list[str]:
    """What each colour stands for."""
    edges = [*LEVELS, None]
    return [f"below {LEVELS[0]} px", *(f"from {low} px" for low in edges[:-1])]


def _past_cameras(room: Room) -> list[str]:
    try:
        with room.history() as history:
            return history.cameras()
    except UnavailableError:
        return []


def _configured(room: Room) -> Mapping[str, int]:
    """Cameras of the file, by their names in events."""
    if room.config is None:
        return {}
    try:
        return room.config.read().names()
    except ValueError:
        return {}


def _naming(room: Room) -> tuple[Naming | None, str]:
    """What decides on names; without it, why."""
    if room.naming is None:
        return None, "This page has no recogniser to ask for its calibration."
    try:
        return room.naming(), ""
    except (OSError, ValueError, ImportError):
        return None, "The calibration of the recogniser cannot be read."


routes = (Route("/cameras", show), Route("/cameras/{camera}", one))
