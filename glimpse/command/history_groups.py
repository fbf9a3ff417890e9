"""`glimpse history groups …`: list unknown people, show one, merge two, split one, and take either back."""

import getpass
from typing import Any

from cyclopts import App

from glimpse.command.counts import at_least, nothing_found
from glimpse.command.history_answers import clock_time, print_line, print_row
from glimpse.command.history_nothing import shown_history
from glimpse.command.new_command import DONE, inner_commands, new_command, write_json
from pipeline.history.database import open_database
from pipeline.history.groups.changes import GroupChanges
from pipeline.history.groups.group_name import group_name, group_number
from pipeline.history.groups.reader import GroupReader, GroupRow
from pipeline.history.reader import HistoryReader, Wanted
from recognizer.gallery.names import printable

app: App = new_command(
    "groups",
    "glimpse history groups list history.db",
    "glimpse history groups show history.db unknown-17",
    "glimpse history groups merge history.db unknown-17 unknown-3",
)


_command = inner_commands(app.command, "glimpse history groups")


@_command("list", "list history.db", "list history.db --min-tracks 3 --json")
def list_groups(
    history: str, *, min_tracks: int = 1, limit: int = 50, after: str | None = None, json: bool = False
) -> int:
    """List unknown people, those seen last first. Exit code 1: nobody.

    Parameters
    ----------
    history
        file of glimpse history record, or postgresql://HOST/DATABASE
    min_tracks
        only people who were seen so many times
    limit
        people to list
    after
        go on after this one, the last of a list
    json
        print one JSON object a line
    """
    at_least("--limit", limit)
    at_least("--min-tracks", min_tracks)
    with open_database(history) as database:
        reader = GroupReader(database)
        last = None if after is None else _existing(reader, after)
        rows = reader.page(after=last and last.place, min_tracks=min_tracks, limit=limit)
    for row in rows:
        _print_group(row, as_json=json)
    if rows:
        return DONE
    fits = "" if after is None and min_tracks == 1 else " fits these flags"
    return nothing_found(f"{shown_history(history)}: no unknown person{fits or ' yet'}")


@_command("show", "show history.db unknown-17", "show history.db 17 --limit 10 --json")
def show_group(history: str, group: str, *, limit: int = 50, json: bool = False) -> int:
    """Show one unknown person with their newest tracks.

    Parameters
    ----------
    history
        file of glimpse history record, or postgresql://HOST/DATABASE
    group
        unknown-17, or 17; one that was merged into another shows that
    limit
        tracks to list
    json
        print one JSON object
    """
    at_least("--limit", limit)
    with open_database(history) as database:
        row = _existing(GroupReader(database), group)
    with HistoryReader(history) as reader:
        tracks = reader.tracks(Wanted(group=row.id), limit=limit)
    if json:
        write_json(_as_object(row) | {"seen": [track._asdict() for track in tracks]})
        return DONE
    _print_group(row, as_json=False)
    for track in tracks:
        print_row(track, as_json=False)
    return DONE


@_command("merge", "merge history.db unknown-17 unknown-3")
def merge(history: str, group: str, into: str, *, by: str = "", json: bool = False) -> int:
    """Put all tracks of one unknown person with another: they are the same.

    Parameters
    ----------
    history
        file of glimpse history record, or postgresql://HOST/DATABASE
    group
        whose tracks go over; the name leads to the other one from now on
    into
        who takes them
    by
        who says so, for the audit log; default: the user of this machine
    json
        print one JSON object
    """
    with open_database(history, create=True) as database:
        entry = GroupChanges(database).merge(group_number(group), group_number(into), by=by or getpass.getuser())
    return _tell(f"merged; take it back with: glimpse history groups undo {history} {entry}", entry, as_json=json)


@_command("split", "split history.db 4711 4712")
def split(history: str, *tracks: int, by: str = "", json: bool = False) -> int:
    """Take tracks out of their unknown person, as somebody else.

    Parameters
    ----------
    history
        file of glimpse history record, or postgresql://HOST/DATABASE
    tracks
        numbers of tracks, all of one unknown person
    by
        who says so, for the audit log; default: the user of this machine
    json
        print one JSON object
    """
    if not tracks:
        raise ValueError("tracks: expected one or more, got none")
    with open_database(history, create=True) as database:
        entry, group = GroupChanges(database).split(tracks, by=by or getpass.getuser())
    text = f"{group_name(group)} has them; take it back with: glimpse history groups undo {history} {entry}"
    return _tell(text, entry, as_json=json, group=group_name(group))


@_command("undo", "undo history.db 42")
def undo(history: str, entry: int, *, by: str = "", json: bool = False) -> int:
    """Take back a merge or a split. Tracks that were moved on since stay where they are.

    Parameters
    ----------
    history
        file of glimpse history record, or postgresql://HOST/DATABASE
    entry
        number in the audit log, as merge and split print it
    by
        who says so, for the audit log; default: the user of this machine
    json
        print one JSON object
    """
    with open_database(history, create=True) as database:
        back = GroupChanges(database).undo(entry, by=by or getpass.getuser())
    return _tell("taken back", back, as_json=json)


def _existing(reader: GroupReader, name: str) -> GroupRow:
    row = reader.group(group_number(name))
    if row is None:
        raise ValueError(f"{group_name(group_number(name))}: there is no such unknown person")
    return row


def _tell(text: str, entry: int, *, as_json: bool, **more: str) -> int:
    if as_json:
        write_json({"entry": entry} | more)
    else:
        print_line(text)
    return DONE


def _print_group(row: GroupRow, *, as_json: bool) -> None:
    if as_json:
        write_json(_as_object(row))
        return
    name = f"  {printable(row.person)}" if row.person else ""
    seen = f"tracks: {row.tracks}, first {clock_time(row.first_seen)}, last {clock_time(row.last_seen)}"
    print_line(f"{group_name(row.id)}{name}  {seen}")


def _as_object(row: GroupRow) -> dict[str, Any]:
    return row._asdict() | {"id": group_name(row.id), "person": row.person and printable(row.person)}
