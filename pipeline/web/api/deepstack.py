"""Answers the face requests of DeepStack, so that Blue Iris, Agent DVR and others can ask who is on a picture.

Fields, their order, sentences and statuses are those of DeepStack's own server (github.com/johnolafenwa/DeepStack,
server/response/response.go and server/middlewares/middlewares.go) and of its documentation
(docs.deepstack.cc/face-recognition).
"""

import math
import time
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pipeline.web.api.endpoint import MAX_PHOTOGRAPHS, Call
from pipeline.web.api.parts import FoundFace
from pipeline.web.api.people import faces_of
from pipeline.web.api.problems import ApiError, bad_request
from pipeline.web.room import UnavailableError, room_of
from pipeline.web.security.answers import DEEPSTACK, refuse
from pipeline.web.security.uploads import check_upload
from recognizer.gallery.names import normalise_name

JSON = "application/json; charset=utf-8"
UNKNOWN = "unknown"
NO_IMAGE, INVALID_IMAGE, NO_USER = "No valid image file found", "invalid image", "userid not specified"
Work = Callable[[Call, float], dict[str, Any]]


def detect(call: Call, least: float) -> dict[str, Any]:
    """Faces that the detector is at least so sure of."""
    found = [face for face in _identify(call) if face.detected >= least]
    return {"predictions": [{"confidence": face.detected, **_corners(face)} for face in found]}


def recognize(call: Call, least: float) -> dict[str, Any]:
    """All faces; named are those that Glimpse names, and whose confidence is at least so high."""
    return {"predictions": [_recognised(face, least) for face in _identify(call)]}


def register(call: Call, _: float) -> dict[str, Any]:
    """Enrol pictures that pass the quality gate."""
    name, photographs = _user(call), _photographs(call)
    known = {person.name for person in _people(call)}
    outcomes = faces_of(call).enrol(name, photographs)
    if all(outcome.reason for outcome in outcomes):
        raise bad_request(outcomes[0].reason)
    call.note("person enrolled", name, photographs=str(sum(not outcome.reason for outcome in outcomes)))
    return {"message": "face updated" if name in known else "face added"}


def list_faces(call: Call, _: float) -> dict[str, Any]:
    """Names of everybody enrolled."""
    return {"faces": [person.name for person in _people(call)]}


def delete(call: Call, _: float) -> dict[str, Any]:
    """Erase somebody from the gallery; nobody of this name is as good, as with DeepStack."""
    name = _user(call)
    if name in {person.name for person in _people(call)}:
        faces = faces_of(call).erase(name)
        call.note("person erased", name, faces=str(faces))
    return {}


def _identify(call: Call) -> Sequence[FoundFace]:
    return faces_of(call).identify(_photographs(call)[0])


def _recognised(face: FoundFace, least: float) -> dict[str, Any]:
    is_named = face.name is not None and face.confidence >= least
    confidence, name = (face.confidence, face.name) if is_named else (0, UNKNOWN)
    return {"confidence": confidence, "userid": name, **_corners(face)}


def _corners(face: FoundFace) -> dict[str, int]:
    x0, y0, x1, y1 = (max(round(value), 0) for value in face.box)
    return {"y_min": y0, "x_min": x0, "y_max": y1, "x_max": x1}


def _people(call: Call) -> Sequence[Any]:
    with call.room.gallery() as gallery:
        return gallery.people()


def _user(call: Call) -> str:
    name = normalise_name(call.fields.get("userid", ""))
    if not name:
        raise bad_request(NO_USER)
    return name


def _photographs(call: Call) -> Sequence[bytes]:
    if not call.photographs:
        raise bad_request(NO_IMAGE)
    for data in call.photographs:
        try:
            check_upload(data)
        except ValueError:
            raise bad_request(INVALID_IMAGE) from None
    return call.photographs


def _route(path: str, work: Work, usual: float = 0.0) -> Route:
    """usual: `min_confidence` where the request has none."""

    async def serve(request: Request) -> Response:
        try:
            begin = time.perf_counter()
            call, least = await _read(request, usual)
            found = await run_in_threadpool(work, call, least)
        except (ApiError, UnavailableError) as error:
            return refuse(request.url.path, getattr(error, "status", 503), str(error))
        content = {"success": True, **found, "duration": round(time.perf_counter() - begin, 4)}
        return Response(msgspec.json.encode(content), media_type=JSON)

    return Route(path, serve, methods=["POST"])


async def _read(request: Request, usual: float) -> tuple[Call, float]:
    try:
        async with request.form(max_files=MAX_PHOTOGRAPHS, max_fields=20) as form:
            photographs = [await value.read() for _, value in form.multi_items() if isinstance(value, UploadFile)]
            fields = {name: value for name, value in form.multi_items() if isinstance(value, str)}
            least = _confidence(form, usual)
    except (HTTPException, MultiPartException):
        raise bad_request(NO_IMAGE) from None
    user = request.state.user.name if getattr(request.state, "user", None) else ""
    return Call(room_of(request), user, photographs=photographs, fields=fields), least


def _confidence(form: FormData, usual: float) -> float:
    text = form.get("min_confidence")
    if not isinstance(text, str) or not text:
        return usual
    try:
        least = float(text)
    except ValueError:
        least = math.nan
    if math.isnan(least):
        raise bad_request("Invalid value for min_confidence")
    if least > 1.0:
        raise bad_request("min_confidence cannot be greater than 1")
    return least


routes = (
    _route(DEEPSTACK + "face", detect, 0.55),
    _route(DEEPSTACK + "face/", detect, 0.55),
    _route(DEEPSTACK + "face/recognize", recognize, 0.67),
    _route(DEEPSTACK + "face/register", register),
    _route(DEEPSTACK + "face/list", list_faces),
    _route(DEEPSTACK + "face/delete", delete),
)
