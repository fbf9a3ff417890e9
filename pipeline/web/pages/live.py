"""The first page: every camera as it is now, and why a face has its name."""

from collections.abc import AsyncIterator
from contextlib import suppress

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from pipeline.web.live.hub import MAX_BROWSERS, FullError
from pipeline.web.live.messages import camera_as_object, nodes
from pipeline.web.render import NOBODY, respond
from pipeline.web.room import Room, UnavailableError, room_of

RETRY = b"retry: 2000\n\n"  # milliseconds after which a browser connects again


async def show(request: Request) -> Response:
    """The page with the cameras as they are; the script keeps them so."""
    live = room_of(request).live
    live.look()
    state = live.state
    cameras = [camera_as_object(camera) for camera in state.cameras()]
    return respond(request, "live.html", cameras=cameras, nodes=nodes(state), news=state.news())


async def stream(request: Request) -> Response:
    """Server-sent events: the state, then every change of it."""
    hub = room_of(request).live.hub
    if hub.browsers >= MAX_BROWSERS:
        raise HTTPException(503, "Too many browsers are looking. Close one.")
    return StreamingResponse(_events(request), media_type="text/event-stream", headers={"Cache-Control": "no-store"})


async def look(request: Request) -> Response:
    """A browser says that somebody looks at the cameras."""
    room_of(request).live.look()
    return Response(status_code=204)


async def picture(request: Request) -> Response:
    """The newest picture of a camera."""
    jpeg = room_of(request).live.picture(**request.path_params)
    if jpeg is None:
        raise HTTPException(404)
    return Response(jpeg, media_type="image/jpeg", headers={"Cache-Control": "no-store"})


async def face(request: Request) -> Response:
    """Why a face in view has its name: a part of a page."""
    room = room_of(request)
    found = room.live.state.face(**request.path_params)
    if found is None:
        return respond(request, "parts/face_gone.html", status=404)
    camera, seen = found
    return respond(
        request,
        "parts/face.html",
        camera=camera,
        face=seen,
        evidence=seen.evidence,
        has_history=room.open_history is not None,
    )


def crop(request: Request) -> Response:
    """The best crop of a face in view, from the bus or the history; an outline of somebody where there is none."""
    room = room_of(request)
    found = room.live.state.face(**request.path_params)
    if found is None:
        raise HTTPException(404)
    seen, face = found
    data = face.crop or _kept_crop(room, seen.epoch, seen.name, face.track)
    return Response(data, media_type="image/jpeg") if data else Response(NOBODY, media_type="image/svg+xml")


def _kept_crop(room: Room, epoch: str, camera: str, track: int) -> bytes | None:
    """A page that was started after the sample came has only that of the history."""
    with suppress(UnavailableError), room.history() as history:
        row = history.find(epoch, camera, track)
        return history.crop(row.id) if row else None
    return None


async def _events(request: Request) -> AsyncIterator[bytes]:
    yield RETRY
    try:
        async for message in room_of(request).live.hub.messages():
            yield message
    except FullError:
        return


routes = (
    Route("/", show),
    Route("/live/events", stream),
    Route("/live/look", look),
    Route("/live/pictures/{node}/{camera}", picture),
    Route("/live/faces/{node}/{camera}/{track:int}", face),
    Route("/live/faces/{node}/{camera}/{track:int}/crop.jpg", crop),
)
