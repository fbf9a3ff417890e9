"""Unknown people, the one seen last first."""

from typing import Annotated

import msgspec
from msgspec import Meta

from pipeline.history.groups.group_name import group_name
from pipeline.history.groups.reader import GroupPlace, GroupRow
from pipeline.web.api.endpoint import BASE, Call, Endpoint
from pipeline.web.api.moments import place
from pipeline.web.api.problems import unavailable
from pipeline.web.api.tracks import Limit, Text


class GroupQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which unknown people are asked for."""

    min_tracks: Annotated[int, Meta(ge=1, le=1_000_000, description="seen at least so often")] = 1
    after: Annotated[Text | None, Meta(description="where the page begins: as `next` has it")] = None
    limit: Limit = 50


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """An unknown person. Times are Unix seconds."""

    name: Annotated[str, Meta(description="such as unknown-17; asked for as `group` of tracks")]
    first_seen: float
    last_seen: float
    tracks: int
    person: Annotated[str | None, Meta(description="the name that an operator gave; null: none")]
    crop: Annotated[str | None, Meta(description="address of the best crop; null: none is kept")]


class GroupPage(msgspec.Struct, frozen=True):
    """A page of unknown people. next: address of the page that follows; null: this is the last."""

    groups: list[Group]
    next: str | None


def list_groups(call: Call) -> GroupPage:
    """Unknown people, the one seen last first. Raises ApiError and UnavailableError."""
    query: GroupQuery = call.query
    after = place(query.after)
    if call.room.api.open_groups is None:
        raise unavailable("this watch room keeps no history; set history.file, and start it again")
    with call.room.reading("history"), call.room.api.open_groups() as reader:
        begin = GroupPlace(*after) if after else None
        rows = reader.page(after=begin, min_tracks=query.min_tracks, limit=query.limit)
    return GroupPage([_group(row) for row in rows], _next(query, rows[-1]) if len(rows) == query.limit else None)


def _group(row: GroupRow) -> Group:
    return Group(
        name=group_name(row.id),
        first_seen=row.first_seen,
        last_seen=row.last_seen,
        tracks=row.tracks,
        person=row.person,
        crop=None if row.best is None else f"{BASE}/tracks/{row.best}/crop",
    )


def _next(query: GroupQuery, last: GroupRow) -> str:
    return f"{BASE}/groups?min_tracks={query.min_tracks}&after={last.last_seen!r}_{last.id}&limit={query.limit}"


endpoints = (Endpoint("GET", "/groups", "Unknown people", list_groups, GroupPage, query=GroupQuery, errors=(400, 503)),)
