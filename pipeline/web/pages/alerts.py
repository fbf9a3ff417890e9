"""Alerts, the newest first, who has seen to them, and the rules that raise them."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pipeline.alerts.database import Database
from pipeline.alerts.reader import AlertFilter, AlertReader, AlertRow
from pipeline.alerts.store import AlertStore
from pipeline.web.alert_rules.shown import rules_shown
from pipeline.web.changes.change import change
from pipeline.web.changes.flash import Flash
from pipeline.web.changes.form import Form, RefusedError
from pipeline.web.pages.forms import number
from pipeline.web.redaction import sees_faces
from pipeline.web.render import NOBODY, respond
from pipeline.web.room import Room, room_of
from pipeline.web.security.next_page import safe_next

ALERTS = 30  # of a page


def show(request: Request) -> Response:
    """The page of alerts; `open`: only those that nobody has acknowledged."""
    only_open = bool(request.query_params.get("open"))
    after = number(request.query_params, "after", most=2**53)
    rows = _rows(room_of(request), is_open=only_open, after=None if after is None else int(after))
    more = f"/alerts?{'open=1&' if only_open else ''}after={rows[-1].id}" if len(rows) == ALERTS else None
    shown = rules_shown(room_of(request))
    return respond(request, "alerts.html", alerts=rows, only_open=only_open, after=after, more=more, shown=shown)


def _rows(room: Room, *, is_open: bool, after: int | None) -> list[AlertRow]:
    """A page of alerts; none where no process has made the file yet."""
    if room.alerts is None or not room.alerts.exists():
        return []
    with room.alert_file() as file, AlertReader(file) as reader:
        return reader.alerts(AlertFilter(is_open=True if is_open else None), after=after, limit=ALERTS)


def crop(request: Request) -> Response:
    """The crop of an alert; an outline of somebody where it has none."""
    with room_of(request).alert_file() as file, AlertReader(file) as reader:
        found = reader.crop(request.path_params["alert"])
        if found is None and reader.alert(request.path_params["alert"]) is None:
            raise HTTPException(404)
    shown = found if sees_faces(request) else None
    return Response(shown, media_type="image/jpeg") if shown else Response(NOBODY, media_type="image/svg+xml")


def _acknowledge(request: Request, form: Form) -> Flash:
    room, alert, by = room_of(request), request.path_params["alert"], request.state.user.name
    if room.alerts is None:
        raise RefusedError("This watch room has no alerts.")
    with Database(room.alerts) as database:
        is_new = AlertStore(database).acknowledge(alert, by, room.clock())
    with AlertReader(room.alerts) as reader:
        row = reader.alert(alert)
    if not is_new:
        return Flash(f"{row.acknowledged_by if row else 'Somebody'} acknowledged it before.")
    if room.open_desk is not None:
        with room.desk(by) as desk, desk.database.writing():
            desk.log.add(by=by, action="acknowledge alert", target=alert)
    return Flash("Acknowledged.")


def _same_page(request: Request, form: Form) -> str:
    return safe_next(form.text("back", longest=2048))


routes = (
    Route("/alerts", show),
    Route("/alerts/{alert}/crop.jpg", crop),
    change("/alerts/{alert}/acknowledge", _acknowledge, back=_same_page),
)
