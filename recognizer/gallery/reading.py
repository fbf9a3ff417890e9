"""Reads enrolled people: who they are, their faces, and the index in which faces are searched."""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from types import TracebackType
from typing import Any, Self

from configs.at_rest import MAGIC
from recognizer.gallery.copies.node_record import Erasure, read_erasures
from recognizer.gallery.database import Database, Place
from recognizer.gallery.face import Face, Person
from recognizer.gallery.index import GalleryIndex, OtherModelError, RefusedError
from recognizer.gallery.names import find_lookalike, normalise_name, printable, refuse_reserved
from recognizer.gallery.negatives import Negative, stack, usable_negatives
from recognizer.gallery.schema import CHIPS_VERSION, NEGATIVES_VERSION
from recognizer.gallery.usable import UsableFaces, usable_faces

log = logging.getLogger(__name__)

MAX_FAULTS = 20  # damaged faces that are named one by one; where all are damaged, they would fill the log


class GalleryReader:
    """What can be asked of one open gallery."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._db, self._clock = database, clock

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the gallery; closing it again does nothing."""
        self._db.close()

    @property
    def path(self) -> Place:
        """Path of the file, or host and database."""
        return self._db.path

    def version(self) -> int:
        """Revision number: every change by any process increments it. Reads one row, so polling it is cheap."""
        return self._db.header().revision

    def erasures(self, *, after: int = 0) -> list[Erasure]:
        """What was erased with a number above `after`, and which nodes have followed; nothing for a file."""
        return read_erasures(self._db, after=after)

    @property
    def is_sealed(self) -> bool:
        """Whether faces are sealed, or new ones would be."""
        query = f"SELECT 1 FROM faces WHERE substr({self._db.sql.raw('vector')}, 1, ?) = ? LIMIT 1"
        return self._db.cipher.rest.is_on or bool(self._db.rows(query, (len(MAGIC), MAGIC)))

    @property
    def model_id(self) -> str:
        """ID of the recogniser that computed the vectors; empty while nobody is enrolled."""
        return self._db.header().model_id

    def people(self) -> list[Person]:
        """All enrolled people, sorted by name."""
        with self._db.reading():
            chip = "chip" if self._has_chips() else "NULL"
            sql = self._db.sql
            query = (
                f"SELECT coalesce({sql.text('name')}, ''), count(faces.id), count({chip}),"
                f" {sql.real('people.added_at')} FROM people"
                " JOIN faces ON person = people.id GROUP BY people.id ORDER BY name"
            )
            return [Person(*row) for row in self._db.rows(query)]

    def index(self, model_id: str) -> GalleryIndex:
        """A search index of all faces for vectors of the given model.

        A face whose vector or name is damaged is left out and named in the log. Raises OtherModelError, a ValueError,
        when the gallery holds vectors of another model.
        """
        with self._db.reading():
            header = self._db.header()
            if header.model_id:  # checked before the vectors are read: a running pipeline asks once a second
                self._check_model(header.model_id, model_id)
            rows = self._db.rows(f"SELECT {self._db.sql.columns} FROM {self._db.sql.faces}")
            marked = self._negatives(model_id)
        faces = self._usable(rows, header.dim, model_id)
        if not faces.names:
            return GalleryIndex.empty(model_id)
        return GalleryIndex(model_id, faces.vectors, faces.names, negatives=stack(marked, header.dim))

    def faces(self) -> Iterator[tuple[str, Face]]:
        """All faces as (person's name, face), in order of enrolment; damaged ones are left out and named in the log."""
        with self._db.reading():
            header = self._db.header()
            sql = self._db.sql
            later = [sql.number("length"), sql.blob("chip")] if self._has_chips() else ["NULL", "NULL"]
            numbers = map(sql.number, ["face_px", "quality", "faces.added_at"])
            columns = ", ".join([sql.columns, *map(sql.text, ["sha256", "detector"]), *numbers, *later])
            rows = self._db.rows(f"SELECT {columns} FROM {sql.faces} ORDER BY faces.id")
        faces = self._usable(rows, header.dim, header.model_id)
        for name, vector, row in zip(faces.names, faces.vectors, faces.rows, strict=True):
            _, source, _, _, _, sha256, detector, *others = rows[row]
            others[-1] = None if others[-1] is None else self._db.cipher.open_sound(others[-1])
            yield name, Face(vector, printable(source), printable(sha256), printable(detector), *others)

    def negatives(self) -> list[tuple[str, Negative]]:
        """Tracks that are not a person as (person's name, negative), in the order in which they were added.

        Those of another model than the faces, and damaged ones, are left out.
        """
        with self._db.reading():
            return self._negatives(self._db.header().model_id)

    def negative_sources(self) -> list[tuple[str, str]]:
        """Person and source of each negative, of any model; it needs no key."""
        if not self._has_negatives():
            return []
        name, source = (f"coalesce({self._db.sql.text(column)}, '')" for column in ("name", "source"))
        query = f"SELECT {name}, {source} FROM negatives JOIN people ON people.id = person ORDER BY negatives.id"  # nosec B608
        return [(str(person), str(origin)) for person, origin in self._db.rows(query)]

    def _negatives(self, model_id: str) -> list[tuple[str, Negative]]:
        if not self._has_negatives():
            return []
        return list(
            usable_negatives(self._db.rows(self._db.sql.negatives(""), (model_id,)), self._db.cipher.open_sound)
        )

    def _usable(self, rows: Sequence[tuple[Any, ...]], dim: int, model_id: str) -> UsableFaces:
        """What can be used of rows that begin with `Dialect.columns`; the log says what cannot."""
        faces = usable_faces(rows, dim=dim, model_id=model_id, unseal=self._db.cipher.open_sound)
        for fault in faces.faults[:MAX_FAULTS]:
            log.error("gallery %s: a face is left out: %s; erase the person and enrol again", self.path, fault)
        if (more := len(faces.faults) - MAX_FAULTS) > 0:
            log.error("gallery %s: %d more faces are left out", self.path, more)
        return faces

    def stored_bytes(self, name: str) -> Iterator[bytes]:
        """Vectors and pictures of a person as the file holds them, damaged and sealed ones too."""
        sql = self._db.sql
        chip = sql.raw("chip") if self._has_chips() else "NULL"
        query = f"SELECT {sql.raw('vector')}, {chip} FROM {sql.faces_of}"
        marked = f"SELECT {sql.raw('vector')}, NULL FROM negatives WHERE person = ?"
        for person in self._find(name):
            rows = self._db.rows(query, (person, person))
            rows += self._db.rows(marked, (person,)) if self._has_negatives() else []
            for vector, picture in rows:
                yield from (vector or b"", picture or b"")

    def portrait(self, name: str) -> bytes | None:
        """The stored picture (`gallery.chips`) of a person's face of best quality; None where none is kept."""
        if not self._has_chips():
            return None
        query = (
            "SELECT chip FROM faces JOIN people ON people.id = person"
            f" WHERE name = ? AND {self._db.sql.blob('chip')} IS NOT NULL ORDER BY quality DESC, faces.id LIMIT 1"
        )
        rows = self._db.rows(query, (name,))
        return self._db.cipher.open_sound(bytes(rows[0][0])) if rows else None

    def owner_of(self, sha256: str) -> str | None:
        """Name of the person that a picture is enrolled for; None if it is not enrolled."""
        query = "SELECT name FROM faces JOIN people ON people.id = person WHERE sha256 = ?"
        rows = self._db.rows(query, (sha256,))
        return str(rows[0][0]) if rows else None

    def owner_of_source(self, source: str) -> str | None:
        """Name of the person for whom a face of this source is enrolled, the first one; None for nobody."""
        query = "SELECT name FROM faces JOIN people ON people.id = person WHERE source = ? ORDER BY faces.id LIMIT 1"
        rows = self._db.rows(query, (source,))
        return str(rows[0][0]) if rows else None

    def check_name(self, name: str) -> None:
        """Raise ValueError for a new name that a reader takes for an enrolled one, or that means nobody elsewhere."""
        if self._db.rows("SELECT 1 FROM people WHERE name = ?", (name,)):
            return
        refuse_reserved(name)
        refuse_lookalike(name, list(self._names().values()))

    def digests(self, name: str) -> list[str]:
        """SHA-256, hex, of the pictures of a person; empty for a name that is not enrolled."""
        with self._db.reading():
            return sorted(self._digests(normalise_name(name)))

    def _names(self) -> dict[int, str]:
        """The name of each person by their row; what is no text or not UTF-8 has surrogates in it, or is empty."""
        return dict(self._db.rows(f"SELECT id, coalesce({self._db.sql.text('name')}, '') FROM people"))

    def _find(self, name: str) -> list[int]:
        """The rows of the people with this name."""
        names, wanted = self._names(), normalise_name(name)
        exact = [person for person, stored in names.items() if normalise_name(stored) == wanted]
        return exact or [person for person, stored in names.items() if printable(stored) == name]

    def _check_model(self, stored_model_id: str, model_id: str) -> None:
        if stored_model_id == model_id:
            return
        gallery = f"gallery {self.path} holds vectors of another model"
        if self._has_chips() and self._db.rows("SELECT 1 FROM faces WHERE chip IS NOT NULL LIMIT 1"):
            raise OtherModelError(f"{gallery}; read its pictures again: glimpse people reembed --gallery {self.path}")
        raise OtherModelError(
            f"{gallery} and no pictures; enrol the photographs again: glimpse enroll FOLDER --gallery NEW.db"
        )

    def _digests(self, name: str) -> set[str]:
        query = "SELECT sha256 FROM faces JOIN people ON people.id = person WHERE name = ?"
        return {str(digest) for (digest,) in self._db.rows(query, (name,))}

    def _has_negatives(self) -> bool:
        return self._db.schema_version >= NEGATIVES_VERSION

    def _has_chips(self) -> bool:
        """Whether the file has a column for chips. Ask inside a transaction: another process may add it."""
        return self._db.schema_version >= CHIPS_VERSION


def refuse_lookalike(name: str, others: Sequence[str]) -> None:
    """Raise ValueError where a reader takes a name for one of the others."""
    if (other := find_lookalike(name, others)) is not None:
        raise RefusedError(
            f"person {name!r}: {printable(other)!r} is enrolled, and the names differ only by case, width, spaces"
            " or invisible characters"
        )
