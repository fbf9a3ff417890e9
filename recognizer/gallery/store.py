"""Enrolled people in one SQLite file that a running pipeline reads while another process writes.

The surprising decision: erasing vacuums the file. SQLite's DELETE only marks pages free, and a face vector that can
still be read out of the file with an editor has not been erased.
"""

import time
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import numpy as np

from detectors.arrays import Float32
from recognizer.gallery.database import Database
from recognizer.gallery.index import GalleryIndex

MAX_NAME_LENGTH = 200


@dataclass(frozen=True, slots=True)
class Face:
    """One enrolled face and where it came from.

    vector: float32 (D,) unit length.  source: path relative to the enrolled folder, or a label.  sha256: of the
    picture's file, hex.  face_px: face height in the picture.  quality: 0..1.  added_at: Unix seconds.
    """

    vector: Float32
    source: str
    sha256: str
    detector: str = ""
    face_px: float = 0.0
    quality: float = 0.0
    added_at: float = 0.0


@dataclass(frozen=True, slots=True)
class Person:
    """A line of the gallery's list."""

    name: str
    faces: int
    added_at: float


class Gallery:
    """One gallery file. Belongs to the thread that opened it; any number of processes may have it open."""

    def __init__(self, path: str | Path, *, create: bool = False, clock: Callable[[], float] = time.time) -> None:
        """Open, or with `create` make, a gallery.

        Raises FileNotFoundError for a missing file, ValueError for one that is no gallery, damaged, or too new.
        """
        self.path = Path(path)
        self._clock = clock
        self._db = Database(self.path, create=create)

    def __enter__(self) -> "Gallery":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; a second time does nothing."""
        self._db.close()

    def version(self) -> int:
        """Counts changes by whichever process; one row read, cheap enough for every second."""
        return int(self._db.rows("SELECT revision FROM gallery")[0][0])

    @property
    def model_id(self) -> str:
        """The recogniser its vectors come from; empty while nobody is enrolled."""
        return str(self._db.rows("SELECT model_id FROM gallery")[0][0])

    def people(self) -> list[Person]:
        """Everybody enrolled, by name."""
        query = (
            "SELECT name, count(faces.id), people.added_at FROM people JOIN faces ON person = people.id"
            " GROUP BY people.id ORDER BY name"
        )
        return [Person(*row) for row in self._db.rows(query)]

    def index(self, model_id: str) -> GalleryIndex:
        """All faces as one matrix, to be searched with vectors of that model.

        Raises ValueError when the gallery holds another model's vectors, or damaged ones.
        """
        with self._db.reading():
            ((own, dim),) = self._db.rows("SELECT model_id, dim FROM gallery")
            rows = self._db.rows("SELECT name, vector FROM faces JOIN people ON people.id = person")
        if not rows:
            return GalleryIndex.empty(model_id)
        self._expect_model(own, model_id)
        if any(len(blob) != dim * 4 for _, blob in rows):
            raise ValueError(f"gallery {self.path}: expected vectors of {dim} floats; the file is damaged")
        vectors = np.frombuffer(b"".join(blob for _, blob in rows), "<f4").reshape(-1, dim).astype(np.float32)
        return GalleryIndex(model_id, vectors, [name for name, _ in rows])

    def faces(self) -> Iterator[tuple[str, Face]]:
        """Every face with its person's name, in the order of enrolment."""
        query = (
            "SELECT name, vector, source, sha256, detector, face_px, quality, faces.added_at"
            " FROM faces JOIN people ON people.id = person ORDER BY faces.id"
        )
        for name, blob, *rest in self._db.rows(query):
            yield name, Face(np.frombuffer(blob, "<f4").astype(np.float32), *rest)

    def owner_of(self, sha256: str) -> str | None:
        """Who a picture is already enrolled as."""
        query = "SELECT name FROM faces JOIN people ON people.id = person WHERE sha256 = ?"
        rows = self._db.rows(query, (sha256,))
        return str(rows[0][0]) if rows else None

    def add(self, name: str, face: Face, *, model_id: str) -> None:
        """Enrol one face, all of it or nothing.

        Raises ValueError for another model's vector, one that is not a finite unit vector, a picture already
        enrolled, or a name no one can have.
        """
        self.add_all([(name, face)], model_id=model_id)

    def add_all(self, faces: Sequence[tuple[str, Face]], *, model_id: str) -> None:
        """Enrol several faces in one transaction; raises as `add` does, and then none is enrolled."""
        with self._db.writing():
            for name, face in faces:
                self._insert(clean_name(name), face, model_id)

    def erase(self, name: str) -> int:
        """Erase a person and say how many faces that were; nothing of them stays in the file.

        Raises KeyError for a name that is not enrolled, TimeoutError when another process keeps old pages in use: the
        person is gone from the gallery then, but run it again for the bytes to be overwritten.
        """
        name = clean_name(name)
        count = "SELECT count(faces.id) FROM people JOIN faces ON person = people.id WHERE name = ?"
        with self._db.writing():
            faces = self._db.rows(count, (name,))[0][0]
            if not self._db.change("DELETE FROM people WHERE name = ?", (name,)):
                raise KeyError(name)
            if not self._db.rows("SELECT 1 FROM faces LIMIT 1"):
                self._db.change("UPDATE gallery SET model_id = '', dim = 0")  # an empty gallery takes any model
        self.scrub()
        return int(faces)

    def scrub(self) -> None:
        """Take what was erased out of the file's bytes; raises TimeoutError when another process is in the way."""
        self._db.scrub()

    def _insert(self, name: str, face: Face, model_id: str) -> None:
        self._claim(model_id, face.vector)
        now = face.added_at or self._clock()
        if (owner := self.owner_of(face.sha256)) is not None:
            raise ValueError(f"{face.source}: already enrolled as {owner}")
        self._db.change("INSERT INTO people (name, added_at) VALUES (?, ?) ON CONFLICT DO NOTHING", (name, now))
        self._db.change(
            "INSERT INTO faces (person, vector, model_id, source, sha256, detector, face_px, quality, added_at)"
            " VALUES ((SELECT id FROM people WHERE name = ?), ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                name,
                face.vector.astype("<f4").tobytes(),
                model_id,
                face.source,
                face.sha256,
                face.detector,
                float(face.face_px),
                float(face.quality),
                now,
            ),
        )

    def _claim(self, model_id: str, vector: Float32) -> None:
        """The first face decides whose vectors the gallery holds."""
        if vector.ndim != 1 or not abs(float(np.linalg.norm(vector)) - 1) < 1e-3:
            raise ValueError(f"vector: expected one finite unit vector, got shape {vector.shape}")
        ((own, dim),) = self._db.rows("SELECT model_id, dim FROM gallery")
        if not own:
            self._db.change("UPDATE gallery SET model_id = ?, dim = ?", (model_id, len(vector)))
            return
        self._expect_model(own, model_id)
        if dim != len(vector):
            raise ValueError(f"vector: expected {dim} numbers, got {len(vector)}")

    def _expect_model(self, own: str, model_id: str) -> None:
        if own != model_id:
            raise ValueError(
                f"gallery {self.path}: holds vectors of model {own}, got model {model_id}; they do not compare:"
                " enrol the pictures again into a new gallery"
            )


def clean_name(name: str) -> str:
    """A person's name in Unicode NFC, so that a folder made on a Mac is the person typed on a keyboard elsewhere.

    Raises ValueError for names that are empty, too long or hold control characters.
    """
    name = unicodedata.normalize("NFC", name).strip()
    if not name or len(name) > MAX_NAME_LENGTH or any(unicodedata.category(letter) == "Cc" for letter in name):
        raise ValueError(f"person: expected a name of 1 to {MAX_NAME_LENGTH} printable letters, got {name!r}")
    return name
