"""Erases a person for good, after a second question; for admins alone, as all below /admin/."""

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pipeline.web.alert_rules.shown import ShownRule, rules_shown
from pipeline.web.changes.change import sentence
from pipeline.web.changes.form import Form, RefusedError, read_form
from pipeline.web.pages.forms import text
from pipeline.web.pages.naming import desk_of, known_people
from pipeline.web.pages.people import enrolment_of
from pipeline.web.render import respond
from pipeline.web.room import Room, room_of
from recognizer.gallery.names import printable


def ask(request: Request) -> Response:
    """The second question."""
    name = text(request.query_params, "name") or ""
    room = room_of(request)
    if name not in known_people(room):
        raise HTTPException(404, f"Nobody called {printable(name)} is enrolled.")
    return respond(request, "erase.html", name=name, stores=enrolment_of(room).stores(), rules=_rules(room, name))


async def erase(request: Request) -> Response:
    """What was erased, and what is left."""
    async with request.form(max_files=0, max_fields=4) as data:
        form = await read_form(data)
    return await run_in_threadpool(_erase, request, form)


def _erase(request: Request, form: Form) -> Response:
    try:
        name = form.needed("name")
        if not form.is_ticked("sure"):
            raise RefusedError("Tick that it is for good, then erase.")
        erased = enrolment_of(room_of(request)).erase(name)
        with desk_of(request) as desk, desk.database.writing():  # without the name, which is to be gone
            details = f"stores changed: {len(erased.done)}, with something left: {len(erased.left)}"
            desk.log.add(by=desk.by, action="erase", target="a person", details=details)
    except (RefusedError, ValueError, OSError) as error:
        return respond(request, "sorry.html", status=400, title="Not erased", sentence=sentence(error))
    return respond(request, "erased.html", name=name, erased=erased, rules=_rules(room_of(request), name))


def _rules(room: Room, name: str) -> list[ShownRule]:
    """Rules whose people have this name: it stays in the file of settings until somebody takes it out."""
    return [one for one in rules_shown(room, about=name).rules if name in one.rule.people]


routes = (Route("/admin/erase", ask), Route("/admin/erase", erase, methods=["POST"]))
