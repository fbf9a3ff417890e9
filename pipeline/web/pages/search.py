"""Searches the past for somebody: by a photograph, an enrolled person or a track."""

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from detectors.arrays import Float32
from pipeline.history.reader import HistoryReader
from pipeline.history.search import Found, Sought, search, sought_track
from pipeline.web.pages.forms import number, text
from pipeline.web.render import respond
from pipeline.web.room import Room, SearchModels, UnavailableError, room_of
from pipeline.web.security.uploads import check_upload

HITS = 50
STRANGERS = 1.0


class NotSearchableError(Exception):
    """What is sought cannot be searched for; says why."""


def show(request: Request) -> Response:
    """The form; with `person` or `track`, what was found too."""
    room, query = room_of(request), request.query_params
    person, track = text(query, "person"), number(query, "track", most=2**53)
    sought = person or (f"track {track:.0f}" if track is not None else "")
    if not sought:
        return _answer(request, room)
    try:
        with room.history() as history:
            found = _find(room, history, person=person, track=track)
    except NotSearchableError as error:
        return _answer(request, room, sought=sought, sentence=str(error), status=404)
    return _answer(request, room, sought=sought, found=found)


async def by_photograph(request: Request) -> Response:
    """What was found of the face in an uploaded photograph, which is not kept."""
    async with request.form(max_files=1, max_fields=4) as form:
        upload = form.get("photo")
        if upload is None or isinstance(upload, str):
            raise HTTPException(400, "photo: expected a picture.")
        data = await upload.read()
    return await run_in_threadpool(_by_photograph, request, data)


def _by_photograph(request: Request, data: bytes) -> Response:
    room = room_of(request)
    try:
        with room.history() as history:
            found = _run(room, history, Sought(_face_in(_models(room), data)[None]))
    except NotSearchableError as error:
        return _answer(request, room, sought="the photograph", sentence=str(error), status=400)
    return _answer(request, room, sought="the photograph", found=found)


def _face_in(models: SearchModels, data: bytes) -> Float32:
    try:
        check_upload(data)
        return models.face_in(data)
    except ValueError as error:
        raise NotSearchableError(f"This photograph cannot be used: {error}.") from None


def _find(room: Room, history: HistoryReader, *, person: str | None, track: float | None) -> Found:
    models = _models(room)
    try:
        if person is not None:
            sought = Sought(models.faces_of(person))
        else:
            sought = sought_track(history, int(track or 0), models.calibration.model_id)
    except ValueError as error:
        raise NotSearchableError(f"{error}.") from None
    return _run(room, history, sought)


def _run(room: Room, history: HistoryReader, sought: Sought) -> Found:
    models = _models(room)
    return search(history, sought, models.calibration, models.cohort, max_strangers=STRANGERS, limit=HITS)


def _models(room: Room) -> SearchModels:
    if room.models is None:
        raise UnavailableError("This watch room has no models to search with.")
    return room.models


def _answer(
    request: Request, room: Room, *, sought: str = "", found: Found | None = None, sentence: str = "", status: int = 200
) -> Response:
    return respond(
        request,
        "search.html",
        status=status,
        people=_names(room),
        sought=sought,
        found=found,
        sentence=sentence,
        keeps_unknowns=room.keeps_unknowns,
    )


def _names(room: Room) -> list[str]:
    try:
        with room.gallery() as people:
            return [person.name for person in people.people()]
    except UnavailableError:
        return []


routes = (Route("/search", show), Route("/search", by_photograph, methods=["POST"]))
