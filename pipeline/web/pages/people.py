"""Everybody enrolled: where they were seen last and on which watch-lists they are; a form that enrols more."""

from collections.abc import Iterable
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pipeline.history.reader import TrackRow
from pipeline.settings.rooms.alerts import AlertRule
from pipeline.web.alert_rules.current import rules_of
from pipeline.web.changes.change import change
from pipeline.web.changes.flash import Flash
from pipeline.web.changes.form import Form, RefusedError
from pipeline.web.enrolment import Enrolled, Enrolment
from pipeline.web.pages.naming import desk_of, known_people
from pipeline.web.redaction import sees_faces
from pipeline.web.render import NOBODY, respond
from pipeline.web.room import Room, UnavailableError, room_of
from recognizer.gallery.names import clean_name, printable


def show(request: Request) -> Response:
    """The page."""
    room = room_of(request)
    with room.gallery() as gallery:
        people = list(gallery.people())
    rules = rules_of(room)
    lists = {person.name: watch_lists(rules, person.name) for person in people}
    return respond(request, "people.html", people=people, seen=last_seen(room), lists=lists)


def portrait(request: Request) -> Response:
    """The stored photograph of somebody enrolled; an outline of somebody where there is none."""
    if not sees_faces(request):
        return Response(NOBODY, media_type="image/svg+xml")
    try:
        with room_of(request).gallery() as people:
            found = people.portrait(request.path_params["name"])
    except UnavailableError:
        found = None
    if found is None:
        return Response(NOBODY, media_type="image/svg+xml")
    return Response(found, media_type="image/webp")


def person_page(name: str) -> str:
    """Where a person's page is; names may hold anything, so they are no part of a path."""
    return f"/person?{urlencode({'name': name}, errors='surrogatepass')}"


def last_seen(room: Room) -> dict[str, TrackRow]:
    """The newest track of each person; none without a history."""
    try:
        with room.history() as history:
            return {row.person: row for row in history.last_seen() if row.person}
    except UnavailableError:
        return {}


def watch_lists(rules: Iterable[AlertRule], name: str) -> list[AlertRule]:
    """The rules that are about a person, without those that are paused."""
    enabled = (rule for rule in rules if rule.enabled)
    return [rule for rule in enabled if name in rule.people or (rule.kind == "person" and not rule.people)]


def enrolment_of(room: Room) -> Enrolment:
    """What enrols here. Raises UnavailableError."""
    if room.enrolment is None:
        raise UnavailableError("This watch room has no gallery to enrol in. Set gallery, and start it again.")
    return room.enrolment


def _enrol(request: Request, form: Form) -> Flash:
    name = clean_name(form.needed("name"))
    if not form.files:
        raise RefusedError("photo: expected one picture or more, got none.")
    with desk_of(request) as desk:
        desk.clean_new_name(name)
        done = enrolment_of(room_of(request)).enrol(name, form.files)
        taken = sum(one.is_taken for one in done)
        if taken:
            with desk.database.writing():
                details = f"photographs taken: {taken} of {len(done)}"
                desk.log.add(by=desk.by, action="enrol", target=name, details=details)
    text = f"{taken} of {len(done)} photographs enrolled for {name}."
    return Flash(text, tuple(map(_told, done)), is_refusal=not taken)


def _told(one: Enrolled) -> str:
    more = one.reason or one.warning
    return f"{one.source}: {one.verdict}{f': {more}' if more else ''}"


def _after_enrolling(request: Request, form: Form) -> str:
    name = printable(form.text("name"))
    return person_page(name) if name in known_people(room_of(request)) else "/people"


routes = (
    Route("/people", show),
    Route("/people/{name:path}/portrait", portrait),
    change("/people/enrol", _enrol, back=_after_enrolling),
)
