"""What all corrections share: who makes them, in which files, and in which order the files are written."""

import re
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from pipeline.events import PersonAction
from pipeline.history.audit import AuditLog
from pipeline.history.corrections.gallery_work import GalleryWork, Mark, People, Unmark, finish_work, queue_work
from pipeline.history.corrections.verdicts import VerdictRow, apply_verdicts, replace_verdicts, verdicts_of
from pipeline.history.database import Database
from pipeline.history.person_events import queue_name_event, queue_person_event
from recognizer.gallery.names import clean_name, find_lookalike, nearest_name, printable, refuse_reserved

NUMBER = re.compile(r"\d+")


class SlipError(ValueError):
    """A name that is perhaps a slip; whoever asks for it can say that it is a new one."""


@dataclass(frozen=True, slots=True)
class Corrected:
    """A correction that was made. audit: its entry, which `undo` takes.  notes: what became of it in the gallery."""

    audit: int
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Desk:
    """Where somebody corrects.

    people: the gallery that the node uses; None: only the past is corrected.  by: who corrects.  clock: Unix seconds.
    """

    database: Database
    people: People | None
    by: str
    clock: Callable[[], float] = time.time

    @property
    def log(self) -> AuditLog:
        return AuditLog(self.database, clock=self.clock)

    @contextmanager
    def correcting(self, notes: list[str]) -> Iterator[None]:
        """A transaction of the history, then one that does what it wrote down for the gallery; `notes` gets what that
        said. What an interrupted correction left is done before."""
        with self.database.writing():
            notes += finish_work(self.database, self.people)
            yield
        with self.database.writing():
            notes += finish_work(self.database, self.people)

    def work(self, *work: GalleryWork) -> None:
        """Write down work for the gallery, where there is one."""
        if self.people is not None:
            queue_work(self.database, *work)

    def known_names(self) -> set[str]:
        """Names of everybody who is enrolled or in the history."""
        queries = (
            "SELECT DISTINCT person FROM tracks WHERE person IS NOT NULL",
            "SELECT DISTINCT evidence_person FROM tracks WHERE evidence_person IS NOT NULL",
            "SELECT DISTINCT person FROM verdicts",
            "SELECT DISTINCT person FROM groups WHERE person IS NOT NULL",
        )
        found = {str(name) for query in queries for (name,) in self.database.rows(query)}
        return found.union(self.people.names() if self.people else ())

    def clean_new_name(self, name: str) -> str:
        """A name as enrolment cleans it. Raises ValueError for one that is refused, or looks like a known one."""
        name = clean_name(name)
        known = self.known_names()
        if name not in known:
            refuse_reserved(name)
        if name not in known and (other := find_lookalike(name, known)) is not None:
            raise ValueError(f"person {name!r}: {printable(other)!r} is known, and the names look alike to a reader")
        return name

    def refuse_slip(self, name: str) -> None:
        """Raise SlipError for a name that nobody has, where it is near to one that somebody has.

        Names that differ by their numbers alone, such as Guest 3 and Guest 4, are meant so.
        """
        known = self.known_names()
        others = (other for other in known if NUMBER.sub("#", other) != NUMBER.sub("#", name))
        if name not in known and (near := nearest_name(name, others)) is not None:
            raise SlipError(
                f"person {printable(name)!r}: neither gallery nor history knows this name; did you mean"
                f" {printable(near)!r}?"
            )


def set_verdicts(desk: Desk, track: int, people: Iterable[str], rows: Iterable[VerdictRow]) -> None:
    """Say `rows` of a track in the place of what was said of it and these people; the gallery's negatives follow."""
    people = list(people)
    before = {row.person for row in verdicts_of(desk.database, track, people) if not row.is_person}
    replace_verdicts(desk.database, track, people, rows)
    after = {row.person for row in verdicts_of(desk.database, track, people) if not row.is_person}
    source = source_of(desk.database, track)
    desk.work(*(Unmark(person, source) for person in sorted(before - after)))
    desk.work(*(mark for person in sorted(after - before) if (mark := _mark(desk.database, track, person, source))))
    apply_verdicts(desk.database, track)
    tell(desk, track)


def tell(desk: Desk, track: int) -> None:
    """Queue the event that says who a track is now."""
    [(person,)] = desk.database.rows("SELECT person FROM tracks WHERE id = ?", (track,))
    queue_person_event(desk.database, PersonAction.CORRECTED, track=track, at=desk.clock(), person=person)


def tell_name(desk: Desk, action: PersonAction, person: str, previous: str) -> None:
    """Queue the event that says what became of a name."""
    queue_name_event(desk.database, action, person=person, previous_person=previous, at=desk.clock())


def source_of(database: Database, track: int) -> str:
    """What names a track in a gallery. Raises ValueError where there is no such track."""
    query = "SELECT epochs.name, camera, number FROM tracks JOIN epochs ON epochs.id = tracks.epoch WHERE tracks.id = ?"
    for epoch, camera, number in database.rows(query, (track,)):
        return f"track {epoch}/{camera}/{number}"
    raise ValueError(f"track {track}: there is no such track")


def _mark(database: Database, track: int, person: str, source: str) -> Mark | None:
    """The negative that a track's template is; None where none is kept."""
    for model_id, data in database.rows("SELECT model_id, data FROM templates WHERE track = ?", (track,)):
        template = database.cipher.open_sound(bytes(data))
        return Mark(person, source, model_id, template) if template else None
    return None
