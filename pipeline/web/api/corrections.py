"""Corrections of the past: this is somebody, this is not, rename, merge, undo; and who made which."""

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Annotated

import msgspec
from msgspec import Meta

from pipeline.history.audit import AuditEntry
from pipeline.history.corrections.correction import Corrected, Desk, SlipError
from pipeline.history.corrections.merge_people import merge_people
from pipeline.history.corrections.rename import rename
from pipeline.history.corrections.this_is import this_is
from pipeline.history.corrections.this_is_not import this_is_not
from pipeline.history.corrections.undo import undo
from pipeline.web.api.endpoint import BASE, Call, Endpoint
from pipeline.web.api.moments import LARGEST_ID, number_of, whole
from pipeline.web.api.problems import ApiError, not_found, unavailable
from pipeline.web.api.tracks import Limit, Text
from pipeline.web.room import without_folders

TrackId = Annotated[int, Meta(ge=0, le=LARGEST_ID, description="`id` of a track")]


class ThisIs(msgspec.Struct, frozen=True, kw_only=True, tag_field="action", tag="this-is", forbid_unknown_fields=True):
    """A track shows this person. enrol: also enrol its best crop, if it is good enough.

    new: take a name that nobody has also where it is near to one that is known; without it, that is refused.
    """

    track: TrackId
    person: Text
    enrol: bool = False
    new: bool = False


class ThisIsNot(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="action", tag="this-is-not", forbid_unknown_fields=True
):
    """A track does not show this person."""

    track: TrackId
    person: Text


class MergeTwo(msgspec.Struct, frozen=True, kw_only=True, tag_field="action", tag="merge", forbid_unknown_fields=True):
    """Two people are one. into: who keeps the name."""

    person: Text
    into: Text


class RenameOne(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="action", tag="rename", forbid_unknown_fields=True
):
    """A person gets another name, in past and gallery."""

    person: Text
    to: Text


Correction = ThisIs | ThisIsNot | MergeTwo | RenameOne


class CorrectedAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A correction that was made. entry: its number, which undo takes.  notes: what became of it in the gallery."""

    entry: int
    notes: list[str]


class CorrectionQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which entries are asked for, the newest first."""

    after: Annotated[Text | None, Meta(description="where the page begins: as `next` has it")] = None
    limit: Limit = 50


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of the history's audit log. made_at: Unix seconds."""

    id: int
    made_at: float
    by: str
    action: str
    target: str
    details: str
    can_be_undone: bool


class EntryPage(msgspec.Struct, frozen=True):
    """A page of entries. next: address of the page that follows; null: this is the last."""

    entries: list[Entry]
    next: str | None


def correct(call: Call) -> CorrectedAnswer:
    """Make a correction. Raises ApiError."""
    with _desk(call) as desk:
        found = _make(desk, call.body)
    return _answer(call, found, "past corrected")


def undo_correction(call: Call) -> CorrectedAnswer:
    """Take a correction back. Raises ApiError."""
    number = number_of(call.path["entry"])
    if number is None:
        raise not_found("there is no such entry")
    with _desk(call) as desk:
        found = undo(desk, number)
    return _answer(call, found, "correction undone")


def list_corrections(call: Call) -> EntryPage:
    """Who corrected what. Raises ApiError."""
    query: CorrectionQuery = call.query
    before = whole(query.after, "after") if query.after is not None else None
    with _desk(call) as desk:
        entries = desk.log.entries(before, query.limit)
    following = (
        f"{BASE}/corrections?after={entries[-1].id}&limit={query.limit}" if len(entries) == query.limit else None
    )
    return EntryPage([_entry(entry) for entry in entries], following)


@contextmanager
def correcting(call: Call) -> Iterator[None]:
    """Errors of a correction as those of the API: 409 for what cannot be done so, 503 where a file is not ready."""
    try:
        yield
    except ValueError as error:
        raise ApiError(HTTPStatus.CONFLICT, without_folders(str(error))) from error
    except OSError as error:
        raise unavailable(without_folders(str(error))) from error


@contextmanager
def _desk(call: Call) -> Iterator[Desk]:
    if call.room.api.open_desk is None:
        raise unavailable("this watch room keeps no history; set history.file, and start it again")
    with correcting(call), call.room.api.open_desk(call.user) as desk:
        yield desk


def _make(desk: Desk, body: Correction) -> Corrected:
    match body:
        case ThisIs():
            try:
                return this_is(desk, body.track, body.person, enrol=body.enrol, is_new=body.new)
            except SlipError as error:
                raise ValueError(f'{error} If not, send "new": true') from None
        case ThisIsNot():
            return this_is_not(desk, body.track, body.person)
        case MergeTwo():
            return merge_people(desk, body.person, body.into)
        case RenameOne():
            return rename(desk, body.person, body.to)


def _answer(call: Call, found: Corrected, action: str) -> CorrectedAnswer:
    call.note(action, f"entry {found.audit}")
    return CorrectedAnswer(entry=found.audit, notes=[without_folders(note) for note in found.notes])


def _entry(entry: AuditEntry) -> Entry:
    names = ("id", "made_at", "by", "action", "target", "details")
    fields = {name: getattr(entry, name) for name in names}
    return Entry(**fields, can_be_undone=bool(entry.undo) and not entry.undone)


endpoints = (
    Endpoint(
        "GET",
        "/corrections",
        "Who corrected what",
        list_corrections,
        EntryPage,
        query=CorrectionQuery,
        errors=(400, 503),
    ),
    Endpoint(
        "POST", "/corrections", "Correct the past", correct, CorrectedAnswer, body=Correction, errors=(400, 409, 503)
    ),
    Endpoint(
        "POST",
        "/corrections/{entry}/undo",
        "Take a correction back",
        undo_correction,
        CorrectedAnswer,
        errors=(404, 409, 503),
    ),
)
