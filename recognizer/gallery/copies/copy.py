"""All faces of a gallery in memory, kept up by its numbered changes."""

import logging
from collections import defaultdict
from collections.abc import Callable, Sequence
from itertools import chain
from typing import Any, NamedTuple

from recognizer.gallery.database import Database, Header, Row
from recognizer.gallery.index import GalleryIndex, OtherModelError
from recognizer.gallery.negatives import stack, usable_negatives
from recognizer.gallery.reading import MAX_FAULTS
from recognizer.gallery.usable import usable_faces

log = logging.getLogger(__name__)

MAX_CHANGES = 500
"""More than that are not applied one by one: all is read again."""
_AT_ONCE = 100


class GalleryCopy:
    """The rows of one gallery, by person. Used by one thread."""

    def __init__(self) -> None:
        self._state: _State | None = None
        self._faces: dict[int, list[Row]] = {}
        self._negatives: dict[int, list[Row]] = {}

    @property
    def number(self) -> int:
        """Of the newest change in the copy; 0 before anything was read."""
        return self._state.header.revision if self._state else 0

    def follow(self, database: Database) -> bool:
        """Apply what changed, in order, or read everything where changes are missing; whether anything was new."""
        if _read_state(database) == self._state:
            return False
        with database.reading():
            state = _read_state(database)
            people = self._changed_since(database, state)
            if people is None:
                self._faces, self._negatives = _read(database, state.header, ())
            else:
                self._apply(database, state.header, people)
            self._state = state
        return True

    def index(self, model_id: str, unseal: Callable[[bytes], bytes | None]) -> GalleryIndex:
        """A search index of all faces. Raises OtherModelError for vectors of another model, and KeyNeededError."""
        header = self._state.header if self._state else Header("", 0, 0)
        if header.model_id not in ("", model_id):
            raise OtherModelError(f"gallery: expected vectors of model {model_id}, got those of {header.model_id}")
        rows = list(chain.from_iterable(self._faces.values()))
        faces = usable_faces(rows, dim=header.dim, model_id=model_id, unseal=unseal)
        for fault in faces.faults[:MAX_FAULTS]:
            log.error("gallery: a face is left out: %s; erase the person and enrol again", fault)
        if not faces.names:
            return GalleryIndex.empty(model_id)
        marked = list(usable_negatives(list(chain.from_iterable(self._negatives.values())), unseal))
        return GalleryIndex(model_id, faces.vectors, faces.names, negatives=stack(marked, header.dim))

    def _changed_since(self, database: Database, state: "_State") -> list[int] | None:
        """The people that changed since the copy was read; None where the changes do not tell everything."""
        if self._state is None or state.header.model_id != self._state.header.model_id:
            return None
        known = self._state.header.revision
        if known and database.rows(_AT, (known,)) != [(self._state.at,)]:
            return None  # a backup was restored, and has other changes of the same numbers
        query = "SELECT number, person FROM changes WHERE number > ? ORDER BY number LIMIT ?"
        changes = database.rows(query, (known, MAX_CHANGES + 1))
        if [number for number, _ in changes] != list(range(known + 1, state.header.revision + 1)):
            return None
        people = [person for _, person in changes]
        return None if None in people or len(people) > MAX_CHANGES else list(dict.fromkeys(people))

    def _apply(self, database: Database, header: Header, people: Sequence[int]) -> None:
        for person in people:
            self._faces.pop(person, None)
            self._negatives.pop(person, None)
        for start in range(0, len(people), _AT_ONCE):
            faces, negatives = _read(database, header, people[start : start + _AT_ONCE])
            self._faces |= faces
            self._negatives |= negatives


class _State(NamedTuple):
    """Tells one state of a gallery from another. at: when the last change was made; None before the first."""

    header: Header
    at: float | None


_AT = "SELECT at FROM changes WHERE number = ?"
_STATE = "SELECT model_id, dim, revision, (SELECT at FROM changes WHERE number = revision) FROM gallery"


def _read_state(database: Database) -> _State:
    [(*header, at)] = database.rows(_STATE)
    return _State(Header(*header), at)


def _read(
    database: Database, header: Header, people: Sequence[int]
) -> tuple[dict[int, list[Row]], dict[int, list[Row]]]:
    """Faces and negatives of these people, of everybody for none, by person."""
    sql, among = database.sql, f"({', '.join('?' * len(people))})"
    where = f" WHERE person IN {among}" if people else ""
    faces = database.rows(f"SELECT {sql.columns}, person FROM {sql.faces}{where} ORDER BY faces.id", tuple(people))
    also = f"AND people.id IN {among}" if people else ""
    return _by_person(faces), _by_person(database.rows(sql.negatives(also), (header.model_id, *people)))


def _by_person(rows: Sequence[tuple[Any, ...]]) -> dict[int, list[Row]]:
    """Rows by the number of the person, which comes last in each."""
    found: dict[int, list[Row]] = defaultdict(list)
    for row in rows:
        found[row[-1]].append(row)
    return dict(found)
