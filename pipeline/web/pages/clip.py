"""The clip of a track: a player, and the film itself."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from pipeline.history.reader import TrackRow
from pipeline.web.clip_cache import BusyError
from pipeline.web.clips import clip_of, clip_times, moment_of
from pipeline.web.pages.track import LARGEST
from pipeline.web.redaction import sees_faces
from pipeline.web.render import respond
from pipeline.web.room import UnavailableError, room_of


def show(request: Request) -> Response:
    """The page with the player."""
    track = _track(request)
    start, end = clip_times(room_of(request).film, track)
    moment = moment_of(request, track)
    return respond(request, "clip.html", track=track, start=start, end=end, moment=moment)


def film(request: Request) -> Response:
    """The clip, an MP4 file; cut when it is asked for."""
    track = _track(request)
    try:
        found = clip_of(room_of(request), track)
    except BusyError:
        raise HTTPException(503, "Two clips are being cut now. Try again in a moment.") from None
    except (ValueError, OSError):
        raise UnavailableError("The film of this track cannot be cut: it is gone, or was never recorded.") from None
    return FileResponse(found, media_type="video/mp4")


def _track(request: Request) -> TrackRow:
    """The track whose film this user may watch. Raises HTTPException 404 and 403."""
    number = int(request.path_params["track"])
    with room_of(request).history() as history:
        row = history.track(number) if number <= LARGEST else None
    if row is None:
        raise HTTPException(404)
    if not sees_faces(request):
        raise HTTPException(403, "Your role sees no faces, so no clips.")
    if moment_of(request, row) is None:
        raise HTTPException(404)
    return row


routes = (Route("/tracks/{track:int}/clip", show), Route("/tracks/{track:int}/clip.mp4", film))
