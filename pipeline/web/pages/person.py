"""One person: each photograph with what it risks, and changes of name and photographs."""

from base64 import b64encode
from typing import NamedTuple

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pipeline.history.corrections.merge_people import merge_people
from pipeline.history.corrections.rename import rename
from pipeline.history.reader import TrackRow, Wanted
from pipeline.web.alert_rules.shown import rules_shown
from pipeline.web.changes.change import change
from pipeline.web.changes.flash import Flash
from pipeline.web.changes.form import Form
from pipeline.web.enrolment import EnrolledFace
from pipeline.web.pages.forms import text
from pipeline.web.pages.naming import desk_of, flash_of_correction
from pipeline.web.pages.people import enrolment_of, last_seen, person_page
from pipeline.web.redaction import sees_faces
from pipeline.web.render import respond
from pipeline.web.risk import Risk, risks_of
from pipeline.web.room import Room, UnavailableError, room_of
from recognizer.gallery.names import printable
from recognizer.normalisation import Cohort

TRACKS = 12  # the newest


class Photograph(NamedTuple):
    """An enrolled photograph on the page. picture: as a data URI; empty where none is kept."""

    face: EnrolledFace
    risk: Risk
    picture: str


def show(request: Request) -> Response:
    """The page of a person."""
    room = room_of(request)
    name = text(request.query_params, "name") or ""
    with room.gallery() as gallery:
        faces, model_id = list(gallery.faces()), gallery.model_id
    own = [face for owner, face in faces if owner == name]
    if not own:
        raise HTTPException(404, f"Nobody called {printable(name)} is enrolled.")
    risks = risks_of(name, faces, _cohort(room, model_id))
    is_shown = sees_faces(request)
    photographs = [
        Photograph(face, risk, _picture(face) if is_shown else "") for face, risk in zip(own, risks, strict=True)
    ]
    return respond(
        request,
        "person.html",
        name=name,
        photographs=photographs,
        people=sorted({owner for owner, _ in faces} - {name}),
        seen=last_seen(room).get(name),
        rules=rules_shown(room, about=name),
        tracks=_tracks(room, name),
    )


def _cohort(room: Room, model_id: str) -> Cohort | None:
    """The shipped strangers, where the photographs were read by the same recogniser."""
    models = room.models
    return models.cohort if models is not None and models.calibration.model_id == model_id else None


def _picture(face: EnrolledFace) -> str:
    return f"data:image/webp;base64,{b64encode(face.chip).decode()}" if face.chip else ""


def _tracks(room: Room, name: str) -> list[TrackRow]:
    try:
        with room.history() as history:
            return history.tracks(Wanted(person=name), limit=TRACKS)
    except UnavailableError:
        return []


def _rename(request: Request, form: Form) -> Flash:
    name, new = form.needed("name"), form.needed("new")
    with desk_of(request) as desk:
        done = rename(desk, name, new)
    return flash_of_correction(f"{printable(name)} is called {printable(new)} now.", done)


def _merge(request: Request, form: Form) -> Flash:
    name, into = form.needed("name"), form.needed("into")
    with desk_of(request) as desk:
        done = merge_people(desk, name, into)
    return flash_of_correction(f"{printable(name)} and {printable(into)} are one person now.", done)


def _remove(request: Request, form: Form) -> Flash:
    name, digest = form.needed("name"), form.needed("sha256")
    with desk_of(request) as desk:
        said = enrolment_of(room_of(request)).remove(name, digest)
        with desk.database.writing():
            desk.log.add(by=desk.by, action="remove photograph", target=name, details=digest[:12])
    return Flash("The photograph is removed and overwritten.", (said,) if said else ())


def _same(request: Request, form: Form) -> str:
    return _page_of(request, form, "name")


def _page_of(request: Request, form: Form, *fields: str) -> str:
    """The page of the first of these names that is enrolled."""
    with room_of(request).gallery() as gallery:
        known = {person.name for person in gallery.people()}
    names = [printable(form.text(field)) for field in fields]
    return next((person_page(name) for name in names if name in known), "/people")


def _renamed(request: Request, form: Form) -> str:
    return _page_of(request, form, "new", "name")


def _merged(request: Request, form: Form) -> str:
    return _page_of(request, form, "into", "name")


routes = (
    Route("/person", show),
    change("/person/rename", _rename, back=_renamed),
    change("/person/merge", _merge, back=_merged),
    change("/person/remove-photograph", _remove, back=_same),
)
