"""Enrolled people: listed, enrolled from photographs, renamed and erased."""

from dataclasses import replace
from http import HTTPStatus
from typing import Annotated

import msgspec
from msgspec import Meta

from pipeline.history.corrections.rename import rename as rename_everywhere
from pipeline.history.reader import Wanted
from pipeline.web.api.corrections import correcting
from pipeline.web.api.endpoint import MAX_PHOTOGRAPHS, Call, Endpoint
from pipeline.web.api.parts import Faces
from pipeline.web.api.problems import ApiError, bad_request, not_found, unavailable
from pipeline.web.api.tracks import Track, as_tracks
from pipeline.web.room import EnrolledPerson
from recognizer.base import State
from recognizer.gallery.names import MAX_NAME_LENGTH, normalise_name


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody enrolled. faces: enrolled photographs.  added_at: Unix seconds."""

    name: str
    faces: int
    added_at: float


class People(msgspec.Struct, frozen=True):
    """Everybody enrolled, by name."""

    people: list[Person]


class PersonDetails(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody enrolled. last: the newest track that was named so; null where the history has none."""

    person: Person
    last: Track | None


class Photograph(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a photograph."""

    verdict: Annotated[str, Meta(description="taken, already enrolled or refused")]
    reason: Annotated[str, Meta(description="why it was refused; empty otherwise")]
    warning: Annotated[str, Meta(description="set where the face resembles another person, or not its own")]
    face_px: Annotated[float, Meta(description="height of the face, pixels; 0 unless it was enrolled")]


class Enrolment(msgspec.Struct, frozen=True, kw_only=True):
    """What became of each photograph, in their order."""

    name: str
    photographs: list[Photograph]


class Rename(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Another name for somebody."""

    name: Annotated[str, Meta(min_length=1, max_length=MAX_NAME_LENGTH)]


class Erased(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who was erased from the gallery. faces: photographs erased."""

    name: str
    faces: int


def list_people(call: Call) -> People:
    """Everybody enrolled. Raises UnavailableError."""
    with call.room.gallery() as gallery:
        return People([_person(person) for person in gallery.people()])


def show_person(call: Call) -> PersonDetails:
    """One of them. Raises ApiError and UnavailableError."""
    name = normalise_name(call.path["name"])
    with call.room.gallery() as gallery:
        found = next((person for person in gallery.people() if person.name == name), None)
    if found is None:
        raise not_found("nobody of this name is enrolled")
    return PersonDetails(person=_person(found), last=_last(call, name))


def enrol(call: Call) -> Enrolment:
    """Enrol photographs that pass the quality gate. Raises ApiError, 422 where none does."""
    name = normalise_name(call.fields.get("name", ""))
    if not name:
        raise bad_request("name: expected the name of a person as a field of the form")
    outcomes = faces_of(call).enrol(name, call.photographs)
    reasons = [outcome.reason for outcome in outcomes if outcome.reason]
    if len(reasons) == len(outcomes):
        raise ApiError(HTTPStatus.UNPROCESSABLE_ENTITY, f"no photograph was enrolled: {'; '.join(reasons)}")
    call.note("person enrolled", name, photographs=str(len(outcomes) - len(reasons)))
    return Enrolment(name=name, photographs=[Photograph(**outcome._asdict()) for outcome in outcomes])


def rename(call: Call) -> PersonDetails:
    """Give somebody another name, in the past too where one is kept. Raises ApiError and UnavailableError."""
    body: Rename = call.body
    if open_desk := call.room.api.open_desk:
        with correcting(call), open_desk(call.user) as desk:
            rename_everywhere(desk, call.path["name"], body.name)
    else:
        faces_of(call).rename(call.path["name"], body.name)
    call.note("person renamed", call.path["name"], to=body.name)
    return show_person(replace(call, path={"name": body.name}))


def erase(call: Call) -> Erased:
    """Erase somebody from the gallery. Raises ApiError."""
    faces = faces_of(call).erase(call.path["name"])
    call.note("person erased", call.path["name"], faces=str(faces))
    return Erased(name=call.path["name"], faces=faces)


def faces_of(call: Call) -> Faces:
    """Who reads photographs and changes the gallery. Raises ApiError 503."""
    if call.room.api.faces is None:
        raise unavailable("this watch room has no gallery; set gallery, and start it again")
    return call.room.api.faces


def _last(call: Call, name: str) -> Track | None:
    if call.room.open_history is None:
        return None
    with call.room.history() as history:
        return next(iter(as_tracks(history, history.tracks(Wanted(name, state=State.NAMED), limit=1))), None)


def _person(person: EnrolledPerson) -> Person:
    return Person(name=person.name, faces=person.faces, added_at=person.added_at)


endpoints = (
    Endpoint("GET", "/people", "Everybody enrolled", list_people, People),
    Endpoint(
        "POST",
        "/people",
        "Enrol photographs of a person",
        enrol,
        Enrolment,
        photographs=MAX_PHOTOGRAPHS,
        fields=("name",),
        status=201,
        errors=(400, 409, 422, 503),
    ),
    Endpoint("GET", "/people/{name}", "One of them", show_person, PersonDetails, errors=(404, 503)),
    Endpoint(
        "PATCH",
        "/people/{name}",
        "Give them another name",
        rename,
        PersonDetails,
        body=Rename,
        errors=(400, 404, 409, 503),
    ),
    Endpoint("DELETE", "/people/{name}", "Erase them from the gallery", erase, Erased, errors=(404, 409, 503)),
)
