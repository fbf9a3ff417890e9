"""`glimpse history this-is`, `this-is-not`, `rename`, `merge`, `undo` and `audit`: corrections of a past."""

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from configs.postgres.address import is_postgres
from glimpse.command.counts import at_least, nothing_found
from glimpse.command.history_answers import print_corrected, print_entry
from glimpse.command.history_nothing import shown_history
from glimpse.command.model_flags import SHIPPED, Choice
from glimpse.command.new_command import DONE, inner_commands
from glimpse.enroller import enroller_of
from glimpse.history_gallery import GalleryOfHistory
from pipeline.history.audit import AuditLog
from pipeline.history.corrections.correction import Desk, SlipError
from pipeline.history.corrections.merge_people import merge_people
from pipeline.history.corrections.rename import rename as rename_person
from pipeline.history.corrections.this_is import this_is as say_this_is
from pipeline.history.corrections.this_is_not import this_is_not as say_this_is_not
from pipeline.history.corrections.undo import undo as undo_entry
from pipeline.history.database import open_database

CORRECTIONS: list[App] = []
"""The commands, for `glimpse history` to take."""


_command = inner_commands(CORRECTIONS.append, "glimpse history")


@dataclass(frozen=True)
class DeskFlags:
    """Which gallery follows, and who corrects.

    Parameters
    ----------
    gallery
        the enrolled people that the node uses; without it only the past is corrected
    by
        who corrects, for the audit log; empty: the name of the login
    json
        print one JSON object
    """

    gallery: str | None = None
    by: str = ""
    json: bool = False

    @contextmanager
    def open(self, history: str, models: Choice = SHIPPED) -> Iterator[Desk]:
        """The desk of a history that is there. Raises FileNotFoundError, and like `Database`."""
        if not is_postgres(history) and not Path(history).exists():
            raise FileNotFoundError(f"history {history}: no such file; glimpse history record makes one")
        people = None if self.gallery is None else GalleryOfHistory(self.gallery, lambda: enroller_of(models.open()))
        with open_database(history, create=True) as database:
            yield Desk(database, people, self.by or _login())


Flags = Annotated[DeskFlags, Parameter(name="*")]
USUAL = DeskFlags()


@_command(
    "this-is",
    "this-is history.db 17 Ada --gallery people.db",
    "this-is history.db 17 Ada --gallery people.db --enrol",
    "this-is history.db 18 Adah --gallery people.db --new",
)
def this_is(
    history: str,
    track: int,
    name: str,
    *,
    enrol: bool = False,
    new: bool = False,
    desk: Flags = USUAL,
    models: Choice = SHIPPED,
) -> int:
    """Say who a track is. A name that nobody has, and that is near to one that somebody has, is refused.

    Somebody who is not enrolled has the name in the past alone: cameras do not use it until they are enrolled. Whom the
    evidence named instead gets the track as a negative, so that later tracks like it do not get that name.

    Parameters
    ----------
    history
        file of glimpse history record
    track
        number of the track, as glimpse history show prints it
    name
        who it is
    enrol
        with --gallery: also enrol its best crop, if it is good enough
    new
        the name is a new one, although it is near to another one
    """
    if enrol and desk.gallery is None:
        raise ValueError("--enrol: expected with --gallery")
    with desk.open(history, models) as opened:
        try:
            print_corrected(say_this_is(opened, track, name, enrol=enrol, is_new=new), as_json=desk.json)
        except SlipError as error:
            raise ValueError(f"{error} If not, add --new") from None
    return DONE


@_command("this-is-not", "this-is-not history.db 17 Ada --gallery people.db")
def this_is_not(history: str, track: int, name: str, *, desk: Flags = USUAL) -> int:
    """Say who a track is not. With --gallery, later tracks that look like it do not get the name either.

    Parameters
    ----------
    history
        file of glimpse history record
    track
        number of the track, as glimpse history show prints it
    name
        who it is not
    """
    with desk.open(history) as opened:
        print_corrected(say_this_is_not(opened, track, name), as_json=desk.json)
    return DONE


@_command("rename", "rename history.db Ada 'Ada Lovelace' --gallery people.db")
def rename(history: str, name: str, new: str, *, desk: Flags = USUAL) -> int:
    """Give a person another name, in the past and in the gallery.

    Parameters
    ----------
    history
        file of glimpse history record
    name
        the name now
    new
        the new name
    """
    with desk.open(history) as opened:
        print_corrected(rename_person(opened, name, new), as_json=desk.json)
    return DONE


@_command("merge", "merge history.db 'Ada 2' Ada --gallery people.db")
def merge(history: str, name: str, into: str, *, desk: Flags = USUAL) -> int:
    """Make one person of two, in the past and in the gallery.

    Parameters
    ----------
    history
        file of glimpse history record
    name
        who is the same person
    into
        who keeps the name
    """
    with desk.open(history) as opened:
        print_corrected(merge_people(opened, name, into), as_json=desk.json)
    return DONE


@_command("undo", "undo history.db 12 --gallery people.db")
def undo(history: str, entry: int, *, desk: Flags = USUAL, models: Choice = SHIPPED) -> int:
    """Take a correction back. Give the same --gallery as with the correction.

    Parameters
    ----------
    history
        file of glimpse history record
    entry
        number of the correction, as glimpse history audit prints it
    """
    with desk.open(history, models) as opened:
        print_corrected(undo_entry(opened, entry), as_json=desk.json)
    return DONE


@_command("audit", "audit history.db", "audit history.db --before 100 --json")
def audit(history: str, *, before: int | None = None, limit: int = 50, json: bool = False) -> int:
    """List who changed what and when, the newest first. Exit code 1: nobody anything.

    Parameters
    ----------
    history
        file of glimpse history record
    before
        go on before the entry of this number, the last one of a list
    limit
        entries to list
    json
        print one JSON object a line
    """
    at_least("--limit", limit)
    with open_database(history) as database:
        entries = AuditLog(database).entries(before, limit)
    for entry in entries:
        print_entry(entry, as_json=json)
    older = f" before {before}" if before is not None else ""
    return DONE if entries else nothing_found(f"{shown_history(history)}: nobody has corrected anything{older}")


def _login() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "unknown"
