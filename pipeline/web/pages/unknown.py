"""Unknown people: who came, how often, and what an operator says of them."""

from collections.abc import Sequence

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from pipeline.history.corrections.name_group import name_group, whole_group
from pipeline.history.corrections.track_state import PART
from pipeline.history.groups.changes import GroupChanges
from pipeline.history.groups.group_name import group_name, group_number
from pipeline.history.groups.reader import GroupPlace
from pipeline.history.reader import TrackRow, Wanted
from pipeline.web.changes.change import change
from pipeline.web.changes.flash import Flash
from pipeline.web.changes.form import Form, RefusedError
from pipeline.web.pages.naming import desk_of, explaining_slips, known_people, with_not_enrolled
from pipeline.web.pages.timeline import place_of
from pipeline.web.render import may_change, respond
from pipeline.web.room import room_of
from recognizer.gallery.names import printable

GROUPS = 48  # of a page
TRACKS = 200  # of a group, the newest
LARGEST = 2**63 - 1


def show(request: Request) -> Response:
    """Unknown people, those seen last first."""
    place = place_of(request.query_params)
    room = room_of(request)
    with room.history() as history:
        found = history.unknown_people.page(after=place and GroupPlace(*place), limit=GROUPS)
    more = f"/unknown?after={found[-1].last_seen!r}_{found[-1].id}" if len(found) == GROUPS else None
    return respond(request, "unknown.html", groups=found, place=place, more=more, keeps_unknowns=room.keeps_unknowns)


def show_one(request: Request) -> Response:
    """One unknown person with their tracks."""
    number = request.path_params["group"]
    room = room_of(request)
    with room.history() as history:
        group = history.unknown_people.group(number) if number <= LARGEST else None
        if group is None:
            raise HTTPException(404, f"There is no {group_name(number)}. It may be older than what is kept.")
        tracks = history.tracks(Wanted(group=group.id), limit=TRACKS)
        others = [one for one in history.unknown_people.page(limit=GROUPS) if one.id != group.id]
    if group.id != number:
        return RedirectResponse(f"/unknown/{group.id}", 303)
    return respond(
        request,
        "unknown_person.html",
        group=group,
        tracks=tracks,
        others=others,
        people=known_people(room),
        naming=_standing_naming(request, group.id),
        name=group.person or _common_name(tracks) or group_name(group.id),
    )


def _common_name(tracks: Sequence[TrackRow]) -> str:
    """The name that all tracks have; empty where they have none, or several."""
    names = {track.person or "" for track in tracks}
    return names.pop() if len(names) == 1 else ""


def _standing_naming(request: Request, group: int) -> list[int]:
    """Entries of the audit log that take the naming of a group back, in order."""
    if not may_change(request) or room_of(request).open_desk is None:
        return []
    with desk_of(request) as desk:
        return desk.log.standing(f"{PART}{whole_group(group)}")


def _name(request: Request, form: Form) -> Flash:
    name = form.needed("name")
    with desk_of(request) as desk, explaining_slips():
        done = name_group(
            desk, request.path_params["group"], name, enrol=form.is_ticked("enrol"), is_new=form.is_ticked("new")
        )
    notes = dict.fromkeys(note for one in done for note in one.notes)
    text = f"{group_name(request.path_params['group'])} is {printable(name)}: {len(done)} tracks named."
    told = Flash(text, tuple(notes), tuple(one.audit for one in reversed(done)))
    return told if form.is_ticked("enrol") else with_not_enrolled(room_of(request), told, name)


def _merge(request: Request, form: Form) -> Flash:
    group, into = request.path_params["group"], group_number(form.needed("into"))
    with desk_of(request) as desk:
        entry = GroupChanges(desk.database, clock=desk.clock).merge(group, into, by=desk.by)
    return Flash(f"{group_name(group)} is {group_name(into)}.", undo=(entry,))


def _split(request: Request, form: Form) -> Flash:
    tracks = form.numbers("track")
    with desk_of(request) as desk:
        entry, made = GroupChanges(desk.database, clock=desk.clock).split(tracks, by=desk.by)
    return Flash(f"{len(tracks)} tracks are somebody else: {group_name(made)}.", undo=(entry,))


def _one(request: Request, form: Form) -> str:
    return f"/unknown/{request.path_params['group']}"


def _merged(request: Request, form: Form) -> str:
    """The page of the one that stays, which that of the other would lead to without what is told."""
    try:
        return f"/unknown/{group_number(form.text('into'))}"
    except (RefusedError, ValueError):
        return _one(request, form)


routes = (
    Route("/unknown", show),
    Route("/unknown/{group:int}", show_one),
    change("/unknown/{group:int}/name", _name, back=_one),
    change("/unknown/{group:int}/merge", _merge, back=_merged),
    change("/unknown/{group:int}/split", _split, back=_one),
)
