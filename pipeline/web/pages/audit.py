"""What was changed in the past and the gallery, by whom; what can be taken back is, with one click."""

from collections.abc import Callable
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pipeline.history.acts import UNDO, Act, acts_of
from pipeline.history.audit import AuditEntry
from pipeline.history.corrections.track_state import PART, THIS_IS
from pipeline.web.pages.forms import number
from pipeline.web.pages.naming import desk_of
from pipeline.web.render import respond

ENTRIES = 300  # of a page; a named group takes one for each track


class Line(NamedTuple):
    """An act on the page. undo: entries that take it back, in order; none where it cannot be."""

    newest: AuditEntry
    what: str
    details: str
    is_undone: bool
    undo: list[int]


def show(request: Request) -> Response:
    """The page, the newest first."""
    before = number(request.query_params, "before", most=2**53)
    with desk_of(request) as desk:
        entries = desk.log.entries(None if before is None else int(before), ENTRIES)
        lines = [_line(act, desk.log.standing) for act in acts_of(entries)]
    more = f"/audit?before={entries[-1].id}" if len(entries) == ENTRIES else None
    return respond(request, "audit.html", lines=lines, before=before, more=more)


def _line(act: Act, standing: Callable[..., list[int]]) -> Line:
    one, count = act.newest, len(act.entries)
    undo = standing(f"{PART}{act.whole}", by=one.by) if act.whole and act.undoable else act.undoable
    parts = f"{len(undo) or count} tracks, {act.whole}" if act.whole else one.details
    details = f"{count} changes" if one.action == UNDO and count > 1 else parts
    return Line(one, _words(one), details, one.undone, undo)


def _words(entry: AuditEntry) -> str:
    """Action and target as a sentence begins."""
    return (
        f"{entry.action} {entry.target}"
        if entry.action in (THIS_IS, "this is not")
        else f"{entry.action}: {entry.target}"
    )


routes = (Route("/audit", show),)
