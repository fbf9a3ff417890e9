"""The notice of this watch: who runs it, what is kept of whom and for how long, and what one may ask for."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pipeline.web.render import respond
from pipeline.web.room import Room, room_of


def show(request: Request) -> Response:
    """The page; it prints on one sheet for the wall."""
    room = room_of(request)
    return respond(request, "about.html", settings=room.settings, kept=kept(room), watches=bool(room.open_history))


def kept(room: Room) -> list[tuple[str, str, str]]:
    """What is kept, of whom, and for how long, as the settings say."""
    past = room.past
    rows = []
    if room.open_history:
        strangers = days(past.unknown_days) if room.keeps_unknowns else "not kept"
        rows += [
            ("Times, places and sizes of faces", "everybody", days(past.event_days)),
            ("When somebody was there, and whether they were recognised", "everybody", days(past.track_days)),
            ("Pictures of faces", "people who are enrolled", days(past.crop_days)),
            ("Templates of faces (biometric data)", "people who are enrolled", days(past.template_days)),
            ("Pictures and templates of faces", "people who are not enrolled", strangers),
        ]
    if room.open_gallery:
        rows.append(("Photographs and templates", "people who are enrolled", "until they are removed"))
    film = room.film
    if film.folder:
        limit = days(film.keep_days) if film.keep_days else "until the disk space for it is used"
        rows.append(("Film without sound", "everybody", limit))
    return rows


def days(count: float) -> str:
    """How long something is kept."""
    if count < 1:
        return f"at most {24 * count:.0f} hours"
    return f"at most {count:g} {'day' if count == 1 else 'days'}"


routes = (Route("/about", show),)
