"""One track: what it looked like, who it was taken for and why, and what happened."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from pipeline.events import Event, IdentityEvent, TrackAction, TrackEvent
from pipeline.history.groups.group_name import group_name
from pipeline.history.reader import TrackRow
from pipeline.web.chart import Moment, draw_scores
from pipeline.web.clips import has_clip, moment_of
from pipeline.web.pages.naming import naming_of
from pipeline.web.redaction import sees_faces
from pipeline.web.render import NOBODY, respond
from pipeline.web.room import room_of

LARGEST = 2**63 - 1


def show(request: Request) -> Response:
    """The page of a track."""
    number = _number(request)
    with room_of(request).history() as history:
        row = _existing(history.track(number))
        events = list(history.events(number))
        group = history.groups_of([number]).get(number)
    chart = draw_scores([moment for event in events if (moment := _moment(event))])
    evidence = next((found for event in reversed(events) if (found := getattr(event, "evidence", None))), None)
    return respond(
        request,
        "track.html",
        has_clip=has_clip(request, row),
        has_journeys=room_of(request).find_journey is not None,
        moment=moment_of(request, row),
        track=row,
        group=group_name(group) if group is not None else None,
        chart=chart,
        evidence=evidence,
        events=[line for event in events if (line := _line(event))],
        suggested=row.person or (evidence.person if evidence else None),
        **naming_of(request),
    )


def journey(request: Request) -> Response:
    """Where else the person of a track was, a part of its page that takes a second or two."""
    room = room_of(request)
    if room.find_journey is None:
        raise HTTPException(404)
    with room.history() as history:
        row = _existing(history.track(_number(request)))
        found = room.find_journey(row)
    return respond(request, "parts/journey.html", track=row, journey=found)


def find(request: Request) -> Response:
    """The page of the track that events call so."""
    with room_of(request).history() as history:
        row = _existing(history.find(**request.path_params | {"number": _number(request, "number")}))
    return RedirectResponse(f"/tracks/{row.id}", 303)


def crop(request: Request) -> Response:
    """The best crop of a track; an outline of somebody where none is kept, and for those who may not see faces."""
    if not sees_faces(request):
        return Response(NOBODY, media_type="image/svg+xml")
    with room_of(request).history() as history:
        found = history.crop(_number(request))
    if found is None:
        return Response(NOBODY, media_type="image/svg+xml")
    return Response(found, media_type="image/jpeg")


def _number(request: Request, name: str = "track") -> int:
    """A number that a database can hold. Raises HTTPException 404."""
    found = int(request.path_params[name])
    if found > LARGEST:
        raise HTTPException(404)
    return found


def _existing(row: TrackRow | None) -> TrackRow:
    if row is None:
        raise HTTPException(404, "There is no such track. It may be older than what is kept.")
    return row


def _moment(event: Event) -> Moment | None:
    if not isinstance(event, TrackEvent | IdentityEvent) or not event.evidence or not event.evidence.faces:
        return None
    found = event.evidence
    return Moment(event.media_time, found.score, found.threshold, found.state)


def _line(event: Event) -> tuple[float, str] | None:
    """When and what, for people; updates are in the chart."""
    if isinstance(event, IdentityEvent):
        return event.wall_time, f"{event.action}: {event.person or event.previous or ''}"
    if isinstance(event, TrackEvent) and event.action is TrackAction.NEW:
        return event.wall_time, f"appeared, {event.face_px:.0f} px"
    if isinstance(event, TrackEvent) and event.action is TrackAction.END:
        return event.wall_time, f"left ({event.reason})"
    return None


routes = (
    Route("/tracks/{track:int}", show),
    Route("/tracks/{track:int}/crop.jpg", crop),
    Route("/tracks/{track:int}/journey", journey),
    Route("/tracks/of/{epoch}/{camera}/{number:int}", find),
)
