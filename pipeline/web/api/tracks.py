"""The past: tracks page by page, one with its events, and its best crop."""

from http import HTTPStatus
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

import msgspec
from msgspec import Meta

from pipeline.events import Event
from pipeline.history.groups.group_name import group_name, group_number
from pipeline.history.reader import HistoryReader, Place, TrackRow, Wanted
from pipeline.web.api.endpoint import BASE, Call, Endpoint
from pipeline.web.api.moments import moment, number_of, place
from pipeline.web.api.problems import ApiError, bad_request, not_found
from recognizer.base import State

Text = Annotated[str, Meta(min_length=1, max_length=200)]
Pixels = Annotated[float, Meta(ge=0, le=1e6)]
Limit = Annotated[int, Meta(ge=1, le=200, description="rows of a page")]


class TrackQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which tracks are asked for; by default all, the newest first."""

    person: Annotated[Text | None, Meta(description="who it is or may be")] = None
    group: Annotated[Text | None, Meta(description="unknown person, such as unknown-17")] = None
    camera: Text | None = None
    state: Literal["unknown", "candidate", "ambiguous", "named"] | None = None
    since: Annotated[Text | None, Meta(description="first seen then or later: Unix seconds or ISO 8601")] = None
    before: Annotated[Text | None, Meta(description="first seen before then")] = None
    min_px: Annotated[Pixels | None, Meta(description="height of its largest face, at least, pixels")] = None
    max_px: Pixels | None = None
    after: Annotated[Text | None, Meta(description="where the page begins: as `next` has it")] = None
    limit: Limit = 50


class Track(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who was followed at one camera. Times are Unix seconds."""

    id: int
    node: str
    epoch: Annotated[str, Meta(description="the run of the node that saw it")]
    camera: str
    track: Annotated[int, Meta(description="its number in camera and run, as events have it")]
    first_seen: float
    last_seen: float
    ended: Annotated[str | None, Meta(description="why it ended; null while it is open")]
    face_px: Annotated[float, Meta(description="height of its largest face, pixels")]
    state: str
    person: str | None
    score: float | None
    false_alarm: Annotated[float | None, Meta(description="chance that a stranger reaches the score with anybody")]
    group: Annotated[str | None, Meta(description="the unknown person that it was put with")] = None


class TrackPage(msgspec.Struct, frozen=True):
    """A page of tracks. next: address of the page that follows; null: this is the last."""

    tracks: list[Track]
    next: str | None


class TrackDetails(msgspec.Struct, frozen=True, kw_only=True):
    """A track with all that is kept of it. events: as docs/events.md describes them, without crops and vectors."""

    track: Track
    crop: Annotated[str, Meta(description="address of its best crop")]
    events: list[dict[str, Any]]


def list_tracks(call: Call) -> TrackPage:
    """Tracks, the newest first. Raises ApiError and UnavailableError."""
    query: TrackQuery = call.query
    after = place(query.after)
    with call.room.history() as history:
        rows = history.tracks(_wanted(query), after=Place(*after) if after else None, limit=query.limit)
        tracks = as_tracks(history, rows)
    return TrackPage(tracks, _next(query, rows[-1]) if len(rows) == query.limit else None)


def as_tracks(history: HistoryReader, rows: list[TrackRow]) -> list[Track]:
    """Rows of the history as the API gives them, with their groups."""
    groups = history.groups_of([row.id for row in rows])
    return [_track(row, groups.get(row.id)) for row in rows]


def show_track(call: Call) -> TrackDetails:
    """A track with its events. Raises ApiError and UnavailableError."""
    with call.room.history() as history:
        row = history.track(_number(call))
        if row is None:
            raise not_found("there is no such track; it may be older than what is kept")
        [track] = as_tracks(history, [row])
        events = [strip(event) for event in history.events(row.id)]
    return TrackDetails(track=track, crop=f"{BASE}/tracks/{row.id}/crop", events=events)


def show_crop(call: Call) -> bytes:
    """The best crop, JPEG. Raises ApiError and UnavailableError."""
    if not call.sees_faces:
        raise ApiError(HTTPStatus.FORBIDDEN, "viewers of this watch room do not see faces")
    with call.room.history() as history:
        found = history.crop(_number(call))
    if found is None:
        raise not_found("no crop of this track is kept")
    return found


def strip(event: Event) -> dict[str, Any]:
    """An event without what shows a face or tells one from another."""
    content: dict[str, Any] = msgspec.to_builtins(event)
    return {name: value for name, value in content.items() if name not in ("crop", "template")}


def _wanted(query: TrackQuery) -> Wanted:
    try:
        group = group_number(query.group) if query.group is not None else None
    except ValueError as error:
        raise bad_request(str(error)) from None
    return Wanted(
        person=query.person,
        camera=query.camera,
        state=State(query.state) if query.state else None,
        since=moment(query.since, "since"),
        before=moment(query.before, "before"),
        min_px=query.min_px,
        max_px=query.max_px,
        group=group,
    )


def _track(row: TrackRow, group: int | None) -> Track:
    fields = {name: getattr(row, name) for name in Track.__struct_fields__ if name != "group"}
    return Track(**fields, group=None if group is None else group_name(group))


def _next(query: TrackQuery, last: TrackRow) -> str:
    asked = msgspec.structs.asdict(query) | {"after": f"{last.first_seen!r}_{last.id}"}
    return f"{BASE}/tracks?" + urlencode({name: value for name, value in asked.items() if value is not None})


def _number(call: Call) -> int:
    number = number_of(call.path["track"])
    if number is None:
        raise not_found("there is no such track")
    return number


endpoints = (
    Endpoint("GET", "/tracks", "Tracks of the past", list_tracks, TrackPage, query=TrackQuery, errors=(400, 503)),
    Endpoint("GET", "/tracks/{track}", "A track with its events", show_track, TrackDetails, errors=(404, 503)),
    Endpoint("GET", "/tracks/{track}/crop", "Its best crop", show_crop, "image/jpeg", errors=(404, 503)),
)
