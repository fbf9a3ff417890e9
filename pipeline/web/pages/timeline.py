"""The past, track by track, the newest first, by person, unknown person, camera, state, time and size."""

from collections.abc import Mapping
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pipeline.history.groups.group_name import group_name, group_number
from pipeline.history.reader import HistoryReader, Place, TrackRow, Wanted
from pipeline.site.site_time import day
from pipeline.web.pages.forms import moment, number, text
from pipeline.web.pages.spans import SPANS, with_span
from pipeline.web.render import respond
from pipeline.web.room import room_of
from recognizer.base import State

TRACKS = 48  # of a page
FIELDS = ("person", "group", "camera", "state", "since", "before", "min_px", "max_px")


def show(request: Request) -> Response:
    """The page; asked by the end of a page, the tracks that follow."""
    query = with_span(request.query_params, room_of(request).clock())
    wanted, place = wanted_of(query), place_of(query)
    with room_of(request).history() as history:
        rows = history.tracks(wanted, after=place, limit=TRACKS)
        content = _tracks(history, rows, query)
        if place and "hx-request" in request.headers:
            return respond(request, "parts/tracks.html", **content)
        people = sorted({row.person for row in history.last_seen() if row.person})
        cameras = history.cameras()
    asked = {name: query.get(name, "") for name in FIELDS}
    states = [str(state) for state in State]
    return respond(
        request,
        "timeline.html",
        people=people,
        cameras=cameras,
        states=states,
        asked=asked,
        place=place,
        spans=SPANS,
        **content,
    )


def wanted_of(query: Mapping[str, str]) -> Wanted:
    """Which tracks are asked for. Raises HTTPException 400."""
    state, group = text(query, "state"), text(query, "group")
    try:
        return Wanted(
            person=text(query, "person"),
            camera=text(query, "camera"),
            state=_state(state) if state else None,
            since=moment(query, "since"),
            before=moment(query, "before"),
            min_px=number(query, "min_px"),
            max_px=number(query, "max_px"),
            group=group_number(group) if group else None,
        )
    except ValueError as error:
        raise HTTPException(400, f"{error}.") from None


def _state(word: str) -> State:
    if word not in list(State):
        raise ValueError(f"state: expected {', '.join(State)}")
    return State(word)


def place_of(query: Mapping[str, str]) -> Place | None:
    """After which track a page begins, as `TIME_ID`; None for the first. Raises HTTPException 400."""
    value = text(query, "after")
    if value is None:
        return None
    seconds, _, track = value.partition("_")
    if not (track.isascii() and track.isdecimal() and len(track) < 19):
        raise HTTPException(400, "after: expected the place of a track.")
    return Place(number({"after": seconds}, "after", least=-1e12, most=1e12) or 0.0, int(track))


def _tracks(history: HistoryReader, rows: list[TrackRow], query: Mapping[str, str]) -> dict[str, Any]:
    """What the list of tracks needs: by day, with their groups, and where the next page is."""
    groups = {track: group_name(group) for track, group in history.groups_of([row.id for row in rows]).items()}
    days = [(name, list(of_day)) for name, of_day in groupby(rows, key=lambda row: day(row.first_seen))]
    return {"days": days, "groups": groups, "more": _next(rows, query) if len(rows) == TRACKS else None}


def _next(rows: list[TrackRow], query: Mapping[str, str]) -> str:
    last = rows[-1]
    asked = {name: query[name] for name in FIELDS if query.get(name)}
    return "/timeline?" + urlencode(asked | {"after": f"{last.first_seen!r}_{last.id}"})


routes = (Route("/timeline", show),)
