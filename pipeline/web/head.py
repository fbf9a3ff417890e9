"""What the head of each page needs from the room: what is told of the last change, and how many alerts are open."""

from urllib.parse import urlencode

from starlette.requests import Request

from pipeline.alerts.reader import AlertReader
from pipeline.web.changes.flash import Flash
from pipeline.web.room import Room
from pipeline.web.security.roles import User

SAID = "said"
"""The part of an address that says what is to be told."""


def flash_of(request: Request) -> Flash | None:
    """What is to be told on this page, once; then also in `request.state.told`."""
    room, user = _room(request), getattr(request.state, "user", None)
    key = request.query_params.get(SAID)
    if room is None or key is None or not isinstance(user, User):
        return None
    flash = room.flashes.take(user.name, key)
    if flash is not None:
        request.state.told = flash
    return flash


def address_of(request: Request) -> str:
    """Path and query of this page, to come back to it after a change."""
    query = [(name, value) for name, value in request.query_params.multi_items() if name != SAID]
    path = request.url.path
    return f"{path}?{urlencode(query, errors='surrogatepass')}" if query else path


def open_alerts(request: Request) -> int:
    """How many alerts nobody has acknowledged; 0 also where there are none to read."""
    room = _room(request)
    if room is None or room.alerts is None:
        return 0
    try:
        with AlertReader(room.alerts) as reader:
            return reader.count_open()
    except (OSError, ValueError):
        return 0


def _room(request: Request) -> Room | None:
    """None on the page of the login, which is no part of the room."""
    app = request.scope.get("app")
    return getattr(app.state, "room", None) if app is not None else None
