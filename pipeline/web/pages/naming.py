"""Says who a track is or is not, and takes changes back."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from starlette.requests import Request

from pipeline.history.corrections.correction import Corrected, Desk, SlipError
from pipeline.history.corrections.this_is import this_is
from pipeline.history.corrections.this_is_not import this_is_not
from pipeline.history.corrections.undo import undo
from pipeline.history.groups.changes import MERGE, SPLIT, GroupChanges
from pipeline.web.changes.change import change
from pipeline.web.changes.flash import Flash
from pipeline.web.changes.form import Form, RefusedError
from pipeline.web.render import may_change
from pipeline.web.room import Room, UnavailableError, room_of
from pipeline.web.security.next_page import safe_next
from recognizer.gallery.names import printable


def _say_is(request: Request, form: Form) -> Flash:
    name, track = form.needed("name"), request.path_params["track"]
    with desk_of(request) as desk, explaining_slips():
        done = this_is(desk, track, name, enrol=form.is_ticked("enrol"), is_new=form.is_ticked("new"))
    return flash_of_correction(f"Track {track} is {printable(name)}.", done)


def _say_is_not(request: Request, form: Form) -> Flash:
    name, track = form.needed("name"), request.path_params["track"]
    with desk_of(request) as desk:
        done = this_is_not(desk, track, name)
    return flash_of_correction(f"Track {track} is not {printable(name)}.", done)


def _undo(request: Request, form: Form) -> Flash:
    entries = form.listed("entry")
    done = 0
    notes: list[str] = []
    with desk_of(request) as desk:
        for entry in entries:
            try:
                notes += take_back(desk, entry)
                done += 1
            except ValueError as error:
                notes.append(f"{error}")
    if not done:
        raise RefusedError(f"Nothing was taken back: {'; '.join(notes)}.")
    return Flash("Taken back." if done == len(entries) else f"{done} of {len(entries)} taken back.", tuple(notes))


def take_back(desk: Desk, entry: int) -> list[str]:
    """Take back a change of any kind by its entry in the audit log; returns what is to be known of it.

    Raises ValueError where it cannot be taken back.
    """
    found = desk.log.entry(entry)
    if found is not None and found.action in (MERGE, SPLIT):
        GroupChanges(desk.database, clock=desk.clock).undo(entry, by=desk.by)
        return []
    return undo(desk, entry).notes


def desk_of(request: Request) -> AbstractContextManager[Desk]:
    """Where the user of this request corrects."""
    return room_of(request).desk(request.state.user.name)


@contextmanager
def explaining_slips() -> Iterator[None]:
    """A name that is perhaps a slip is refused with what to do where it is none."""
    try:
        yield
    except SlipError as error:
        raise RefusedError(f"{str(error)[:1].upper()}{str(error)[1:]} If not, tick A new name.") from None


def flash_of_correction(text: str, done: Corrected) -> Flash:
    """A correction, to be told with its undo."""
    return Flash(text, tuple(_as_sentence(note) for note in done.notes), (done.audit,))


def with_not_enrolled(room: Room, told: Flash, name: str) -> Flash:
    """A naming, with what is missing where nobody is enrolled by this name: cameras do not use it."""
    try:
        with room.gallery() as people:
            enrolled = any(person.name == name for person in people.people())
    except UnavailableError:
        return told
    note = f"{printable(name)} is not enrolled: cameras do not use this name yet. Enrol photographs, or tick the box."
    return told if enrolled else told._replace(notes=(*told.notes, note))


def naming_of(request: Request) -> dict[str, Any]:
    """What a page needs that lets operators name a track."""
    room = room_of(request)
    can_correct = may_change(request) and room.open_desk is not None
    return {"can_correct": can_correct, "people": known_people(room) if can_correct else []}


def known_people(room: Room) -> list[str]:
    """Names to choose from; none without a gallery."""
    try:
        with room.gallery() as people:
            return [person.name for person in people.people()]
    except UnavailableError:
        return []


def _as_sentence(note: str) -> str:
    return f"{note[:1].upper()}{note[1:].rstrip('.')}."


def _track_page(request: Request, form: Form) -> str:
    return f"/tracks/{request.path_params['track']}"


def _same_page(request: Request, form: Form) -> str:
    return safe_next(form.text("back", longest=2048))


routes = (
    change("/tracks/{track:int}/is", _say_is, back=_track_page),
    change("/tracks/{track:int}/is-not", _say_is_not, back=_track_page),
    change("/undo", _undo, back=_same_page),
)
