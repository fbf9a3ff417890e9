"""Enrolled people in one SQLite file; a running pipeline can read it while another process writes.

Erasing a person also vacuums the file, because SQLite's DELETE only marks pages as free and leaves the bytes of the
face vector in them.
"""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from configs.at_rest import MAGIC
from detectors.arrays import Float32
from recognizer.gallery.database import FACES_AND_PEOPLE, Database
from recognizer.gallery.index import GalleryIndex, OtherModelError, RefusedError
from recognizer.gallery.names import clean_name, find_lookalike, normalise_name, printable
from recognizer.gallery.negatives import ROWS, Negative, Negatives, usable_negatives
from recognizer.gallery.usable import COLUMNS, UsableFaces, are_unit, usable_faces

log = logging.getLogger(__name__)

CHIPS_VERSION = 2  # the first schema with the columns length and chip
NEGATIVES_VERSION = 3
MIN_DIGEST_LENGTH = 8  # hex digits that name a picture; fewer could be meant as a file's name
MAX_FAULTS = 20  # damaged faces that are named one by one; where all are damaged, they would fill the log
FACES_OF = """
    faces NOT INDEXED WHERE person = ? OR id IN (SELECT id FROM faces INDEXED BY faces_by_person WHERE person = ?)
"""
"""Faces of a person by the table or by its index: where one of them is damaged, the other still knows."""


@dataclass(frozen=True, slots=True)
class Face:
    """One enrolled face and its origin.

    vector: float32 (D,), unit length.  source: path relative to the enrolled folder, or a label.  sha256: of the
    picture file, hex.  detector: its name.  face_px: face height in the picture, pixels.  quality: 0..1.
    added_at: Unix seconds; 0 means the time of enrolment.  length: of the feature before it was scaled to 1; None where
    unknown.  chip: picture of the face, from `recognizer.gallery.chips.encode_chip`; None where none is kept.
    """

    vector: Float32
    source: str
    sha256: str
    detector: str = ""
    face_px: float = 0.0
    quality: float = 0.0
    added_at: float = 0.0
    length: float | None = None
    chip: bytes | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """One enrolled person: name, number of faces, how many of them have a chip, and time of the first enrolment in Unix
    seconds."""

    name: str
    faces: int
    chips: int
    added_at: float


class Gallery:
    """One gallery file. Use it only in the thread that opened it; several processes may open the same file."""

    def __init__(
        self,
        path: str | Path,
        *,
        create: bool = False,
        read_only: bool = False,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Open a gallery; with `create`, make the file if it is missing; with `read_only`, never write to it.

        Faces are sealed with the key of the environment, where it has one (`configs.at_rest`).
        Raises FileNotFoundError for a missing file, ValueError for a file that is damaged, not a gallery, or of another
        schema version. What reads sealed faces raises KeyNeededError, a ValueError, without their key.
        """
        self.path = Path(path)
        self._clock = clock
        self._db = Database(self.path, create=create, read_only=read_only)

    def __enter__(self) -> "Gallery":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; closing it again does nothing."""
        self._db.close()

    def version(self) -> int:
        """Revision number: every change by any process increments it. Reads one row, so polling it is cheap."""
        return self._db.header().revision

    @property
    def is_sealed(self) -> bool:
        """Whether faces are sealed, or new ones would be."""
        query = "SELECT 1 FROM faces WHERE substr(CAST(vector AS BLOB), 1, ?) = ? LIMIT 1"
        return self._db.cipher.rest.is_on or bool(self._db.rows(query, (len(MAGIC), MAGIC)))

    @property
    def model_id(self) -> str:
        """ID of the recogniser that computed the vectors; empty while nobody is enrolled."""
        return self._db.header().model_id

    def people(self) -> list[Person]:
        """All enrolled people, sorted by name."""
        with self._db.reading():
            chip = "chip" if self._has_chips() else "NULL"
            query = (
                f"SELECT coalesce(CAST(name AS TEXT), ''), count(faces.id), count({chip}),"
                " CAST(people.added_at AS REAL) FROM people"
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
            rows = self._db.rows(f"SELECT {COLUMNS} FROM {FACES_AND_PEOPLE}")
            marked = self._negatives(model_id)
        faces = self._usable(rows, header.dim, model_id)
        if not faces.names:
            return GalleryIndex.empty(model_id)
        return GalleryIndex(model_id, faces.vectors, faces.names, negatives=_stack(marked, header.dim))

    def faces(self) -> Iterator[tuple[str, Face]]:
        """All faces as (person's name, face), in order of enrolment; damaged ones are left out and named in the log."""
        with self._db.reading():
            header = self._db.header()
            later = [*map(_number, ["length"]), _blob("chip")] if self._has_chips() else ["NULL", "NULL"]
            numbers = [*map(_number, ["face_px", "quality", "faces.added_at"])]
            columns = ", ".join([COLUMNS, "CAST(sha256 AS TEXT), CAST(detector AS TEXT)", *numbers, *later])
            rows = self._db.rows(f"SELECT {columns} FROM {FACES_AND_PEOPLE} ORDER BY faces.id")
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
        query = (
            "SELECT coalesce(CAST(name AS TEXT), ''), coalesce(CAST(source AS TEXT), '') FROM negatives"
            " JOIN people ON people.id = person ORDER BY negatives.id"
        )
        return [(str(name), str(source)) for name, source in self._db.rows(query)]

    def _negatives(self, model_id: str) -> list[tuple[str, Negative]]:
        if not self._has_negatives():
            return []
        return list(usable_negatives(self._db.rows(ROWS, (model_id,)), self._db.cipher.open_sound))

    def _usable(self, rows: Sequence[tuple[Any, ...]], dim: int, model_id: str) -> UsableFaces:
        """What can be used of rows that begin with COLUMNS; the log says what cannot."""
        faces = usable_faces(rows, dim=dim, model_id=model_id, unseal=self._db.cipher.open_sound)
        for fault in faces.faults[:MAX_FAULTS]:
            log.error("gallery %s: a face is left out: %s; erase the person and enrol again", self.path, fault)
        if (more := len(faces.faults) - MAX_FAULTS) > 0:
            log.error("gallery %s: %d more faces are left out", self.path, more)
        return faces

    def stored_bytes(self, name: str) -> Iterator[bytes]:
        """Vectors and pictures of a person as the file holds them, damaged and sealed ones too."""
        chip = "chip" if self._has_chips() else "NULL"
        query = f"SELECT CAST(vector AS BLOB), CAST({chip} AS BLOB) FROM {FACES_OF}"
        marked = "SELECT CAST(vector AS BLOB), NULL FROM negatives WHERE person = ?"
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
            " WHERE name = ? AND typeof(chip) = 'blob' ORDER BY quality DESC, faces.id LIMIT 1"
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
        """Raise ValueError for a new name that a reader takes for an enrolled one."""
        if self._db.rows("SELECT 1 FROM people WHERE name = ?", (name,)):
            return
        _refuse_lookalike(name, list(self._names().values()))

    def add(self, name: str, face: Face, *, model_id: str) -> None:
        """Enrol one face in one transaction.

        Raises ValueError for a vector of another model, a vector that is not finite or not of unit length, a picture
        that is already enrolled, an invalid name, or one that differs from an enrolled one only by case, width, spaces
        or invisible characters.
        """
        self.add_all([(name, face)], model_id=model_id)

    def add_all(
        self, faces: Sequence[tuple[str, Face]], *, model_id: str, negatives: Sequence[tuple[str, Negative]] = ()
    ) -> None:
        """Enrol several faces in one transaction, and keep negatives of people who are enrolled then.

        Raises like `add`; then nothing is changed.
        """
        with self._db.writing():
            for name, face in faces:
                self._insert(clean_name(name), face, model_id)
            people = {name: person for person, name in self._names().items()}
            for name, negative in negatives:
                if (person := people.get(normalise_name(name))) is not None:
                    self._mark(person, negative, model_id)

    def erase(self, name: str) -> int:
        """Erase a person and overwrite their bytes in the file; returns the number of faces erased.

        name: as enrolment cleans it, or as `printable` shows one that only a damaged file holds. Raises KeyError for a
        name that is not enrolled. Raises TimeoutError when another process still reads old pages:
        the person is then removed from the gallery, but the bytes stay until `scrub` succeeds.
        """
        with self._db.writing():
            if not (found := self._find(name)):
                raise KeyError(name)
            faces = sum(self._db.rows(f"SELECT count(*) FROM {FACES_OF}", (row, row))[0][0] for row in found)
            self._db.delete_damaged()
            for person in found:
                self._db.change("DELETE FROM people WHERE id = ?", (person,))
            if not self._db.rows("SELECT 1 FROM faces LIMIT 1"):
                self._db.change("UPDATE gallery SET model_id = '', dim = 0")  # an empty gallery accepts any model
        self.scrub()
        return int(faces)

    def rename(self, name: str, new: str) -> None:
        """Give a person another name, in one transaction.

        Raises KeyError for a name that is not enrolled, ValueError for a new one that is invalid, enrolled already, or
        differs from another person's only by case, width, spaces or invisible characters.
        """
        name, new = normalise_name(name), clean_name(new)
        with self._db.writing():
            person = self._person_id(name)
            others = [str(row[0]) for row in self._db.rows("SELECT name FROM people WHERE id != ?", (person,))]
            if new in others:
                raise RefusedError(f"person {new!r}: already enrolled; merge the two if they are one person")
            _refuse_lookalike(new, others)
            self._db.change("UPDATE people SET name = ? WHERE id = ?", (new, person))

    def merge(self, name: str, into: str) -> int:
        """Give the faces of one person to another, who keeps their name, in one transaction; returns their number.

        Raises KeyError for a name that is not enrolled, ValueError where both names are the same.
        """
        name, into = normalise_name(name), normalise_name(into)
        if name == into:
            raise RefusedError(f"person {name!r}: expected two people to merge, got one twice")
        with self._db.writing():
            old, kept = self._person_id(name), self._person_id(into)
            faces = self._db.change("UPDATE faces SET person = ? WHERE person = ?", (kept, old))
            self._db.change("UPDATE OR IGNORE negatives SET person = ? WHERE person = ?", (kept, old))
            self._db.change("DELETE FROM people WHERE id = ?", (old,))
        return faces

    def split(self, name: str, new: str, *, faces: Sequence[str], negatives: Sequence[str] = ()) -> int:
        """Take back a merge: give faces and negatives of a person to a new one; returns the number of faces.

        faces: their SHA-256, hex.  negatives: their sources.  Those that the person does not have are left out.
        Raises KeyError for a name that is not enrolled, ValueError for a new one that `add` would refuse, and where no
        face would go or none would stay.
        """
        name, new = normalise_name(name), clean_name(new)
        with self._db.writing():
            person, enrolled = self._person_id(name), self._digests(name)
            going = [digest for digest in faces if digest in enrolled]
            if not going or len(going) == len(enrolled):
                raise RefusedError(
                    f"person {name!r}: expected some faces to go and some to stay, got {len(going)} to go"
                )
            self.check_name(new)
            added_at = self._db.rows("SELECT added_at FROM people WHERE id = ?", (person,))[0][0]
            self._db.change("INSERT INTO people (name, added_at) VALUES (?, ?)", (new, added_at))
            other = self._person_id(new)
            for digest in going:
                self._db.change("UPDATE faces SET person = ? WHERE sha256 = ?", (other, digest))
            for source in negatives:
                move = "UPDATE negatives SET person = ? WHERE person = ? AND source = ?"
                self._db.change(move, (other, person, source))
        return len(going)

    def digests(self, name: str) -> list[str]:
        """SHA-256, hex, of the pictures of a person; empty for a name that is not enrolled."""
        with self._db.reading():
            return sorted(self._digests(normalise_name(name)))

    def mark(self, name: str, negative: Negative, *, model_id: str) -> None:
        """Keep a track that is not this person. One of the same source takes the place of an earlier one.

        Raises KeyError for a name that is not enrolled, ValueError for a vector that does not fit the gallery.
        """
        name = normalise_name(name)
        with self._db.writing():
            self._mark(self._person_id(name), negative, model_id)

    def unmark(self, name: str, source: str) -> bool:
        """Delete a negative of a person; False where there is none. Raises KeyError for a name that is not enrolled."""
        name = normalise_name(name)
        with self._db.writing():
            person = self._person_id(name)
            return self._db.change("DELETE FROM negatives WHERE person = ? AND source = ?", (person, source)) > 0

    def remove_face(self, name: str, source: str) -> None:
        """Erase one face of a person, by its source or the begin of its SHA-256, and overwrite its bytes in the file.

        Raises KeyError for a name that is not enrolled; ValueError where no face or several match, and for the
        person's only face. Raises TimeoutError as `erase` does.
        """
        name = normalise_name(name)
        with self._db.writing():
            person = self._person_id(name)
            faces = self._db.rows("SELECT id, source, sha256 FROM faces WHERE person = ?", (person,))
            found = [face for face in faces if face[1] == source] or [
                face for face in faces if len(source) >= MIN_DIGEST_LENGTH and face[2].startswith(source)
            ]
            if len(found) != 1:
                known = ", ".join(printable(face[1]) for face in faces)
                raise ValueError(f"person {name!r}: expected one picture {source!r}, got {len(found)} among {known}")
            if len(faces) == 1:
                raise ValueError(f"person {name!r}: {source!r} is their only picture; erase the person instead")
            self._db.change("DELETE FROM faces WHERE id = ?", (found[0][0],))
        self.scrub()

    def scrub(self) -> None:
        """Overwrite the bytes of erased faces. Raises TimeoutError when another process uses the file."""
        self._db.scrub()

    def _names(self) -> dict[int, str]:
        """The name of each person by their row; what is no text or not UTF-8 has surrogates in it, or is empty."""
        return dict(self._db.rows("SELECT id, coalesce(CAST(name AS TEXT), '') FROM people"))

    def _find(self, name: str) -> list[int]:
        """The rows of the people with this name."""
        names, wanted = self._names(), normalise_name(name)
        exact = [person for person, stored in names.items() if normalise_name(stored) == wanted]
        return exact or [person for person, stored in names.items() if printable(stored) == name]

    def _insert(self, name: str, face: Face, model_id: str) -> None:
        self._check_vector(model_id, face.vector)
        self.check_name(name)
        added_at = face.added_at or self._clock()
        if (owner := self.owner_of(face.sha256)) is not None:
            raise ValueError(f"{face.source}: already enrolled as {owner}")
        self._db.change("INSERT INTO people (name, added_at) VALUES (?, ?) ON CONFLICT DO NOTHING", (name, added_at))
        self._db.change(
            "INSERT INTO faces"
            " (person, vector, model_id, source, sha256, detector, face_px, quality, added_at, length, chip)"
            " VALUES ((SELECT id FROM people WHERE name = ?), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                name,
                self._db.cipher.seal(face.vector.astype("<f4").tobytes()),
                model_id,
                face.source,
                face.sha256,
                face.detector,
                float(face.face_px),
                float(face.quality),
                added_at,
                face.length,
                None if face.chip is None else self._db.cipher.seal(face.chip),
            ),
        )

    def _person_id(self, name: str) -> int:
        """Raises KeyError for a name that is not enrolled."""
        rows = self._db.rows("SELECT id FROM people WHERE name = ?", (name,))
        if not rows:
            raise KeyError(name)
        return int(rows[0][0])

    def _check_vector(self, model_id: str, vector: Float32) -> None:
        """Check one vector against the gallery's model and length; the first face sets both."""
        if vector.ndim != 1 or not are_unit(vector[None])[0]:
            raise RefusedError(f"vector: expected one finite unit vector, got shape {vector.shape}")
        header = self._db.header()
        if not header.model_id:
            self._db.change("UPDATE gallery SET model_id = ?, dim = ?", (model_id, len(vector)))
            return
        self._check_model(header.model_id, model_id)
        if header.dim != len(vector):
            raise RefusedError(f"vector: expected {header.dim} numbers, got {len(vector)}")

    def _check_model(self, stored_model_id: str, model_id: str) -> None:
        if stored_model_id == model_id:
            return
        gallery = f"gallery {self.path} holds vectors of another model"
        if self._has_chips() and self._db.rows("SELECT 1 FROM faces WHERE chip IS NOT NULL LIMIT 1"):
            raise OtherModelError(f"{gallery}; read its pictures again: glimpse people reembed --gallery {self.path}")
        raise OtherModelError(
            f"{gallery} and no pictures; enrol the photographs again: glimpse enroll FOLDER --gallery NEW.db"
        )

    def _mark(self, person: int, negative: Negative, model_id: str) -> None:
        self._check_vector(model_id, negative.vector)
        vector = self._db.cipher.seal(negative.vector.astype("<f4").tobytes())
        added_at = negative.added_at or self._clock()
        self._db.change(
            "INSERT INTO negatives (person, vector, model_id, source, added_at) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (person, source) DO UPDATE SET vector = excluded.vector, model_id = excluded.model_id",
            (person, vector, model_id, negative.source, added_at),
        )

    def _digests(self, name: str) -> set[str]:
        query = "SELECT sha256 FROM faces JOIN people ON people.id = person WHERE name = ?"
        return {str(digest) for (digest,) in self._db.rows(query, (name,))}

    def _has_negatives(self) -> bool:
        return self._db.schema_version >= NEGATIVES_VERSION

    def _has_chips(self) -> bool:
        """Whether the file has a column for chips. Ask inside a transaction: another process may add it."""
        return self._db.schema_version >= CHIPS_VERSION


def _refuse_lookalike(name: str, others: Sequence[str]) -> None:
    """Raise ValueError where a reader takes a name for one of the others."""
    if (other := find_lookalike(name, others)) is not None:
        raise RefusedError(
            f"person {name!r}: {printable(other)!r} is enrolled, and the names differ only by case, width, spaces"
            " or invisible characters"
        )


def _stack(negatives: Sequence[tuple[str, Negative]], dim: int) -> Negatives:
    if not negatives:
        return Negatives.none(dim)
    return Negatives(np.stack([one.vector for _, one in negatives]), tuple(name for name, _ in negatives))


def _number(column: str) -> str:
    """SQL for a finite number or NULL; 0 for what is none in a damaged file."""
    return f"CASE WHEN abs({column}) < 1e300 THEN CAST({column} AS REAL) WHEN {column} IS NOT NULL THEN 0.0 END"


def _blob(column: str) -> str:
    """SQL for bytes; NULL for anything else."""
    return f"CASE WHEN typeof({column}) = 'blob' THEN {column} END"
