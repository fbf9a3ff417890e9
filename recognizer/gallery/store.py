"""Enrolled people in one SQLite file that a running pipeline reads while another process writes.

The surprising decision: erasing vacuums the file. SQLite's DELETE only marks pages free, and a face vector that can
still be read out of the file with an editor has not been erased.
"""

import sqlite3
import time
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from recognizer.gallery.index import GalleryIndex

Float = NDArray[np.float32]

SCHEMA_VERSION = 1
APPLICATION_ID = 0x476C6D70  # "Glmp": tells a gallery from any other SQLite file
BUSY_SECONDS = 5.0
NAME_LENGTH = 200

SCHEMA = """
CREATE TABLE gallery (
    one INTEGER PRIMARY KEY CHECK (one = 1), model_id TEXT NOT NULL, dim INTEGER NOT NULL, revision INTEGER NOT NULL
);
CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, added_at REAL NOT NULL);
CREATE TABLE faces (
    id INTEGER PRIMARY KEY,
    person INTEGER NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    vector BLOB NOT NULL, model_id TEXT NOT NULL,
    source TEXT NOT NULL, sha256 TEXT NOT NULL UNIQUE, detector TEXT NOT NULL,
    face_px REAL NOT NULL, quality REAL NOT NULL, added_at REAL NOT NULL
);
CREATE INDEX faces_by_person ON faces (person);
INSERT INTO gallery VALUES (1, '', 0, 0);
"""


@dataclass(frozen=True, slots=True)
class Face:
    """One enrolled face and where it came from.

    vector: float32 (D,) unit length.  source: path relative to the enrolled folder, or a label.  sha256: of the
    picture's file, hex.  face_px: face height in the picture.  quality: 0..1.  added_at: Unix seconds.
    """

    vector: Float
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
        if not create and not self.path.is_file():
            raise FileNotFoundError(f"gallery: no such file: {self.path}")
        self._db = sqlite3.connect(self.path, timeout=BUSY_SECONDS, isolation_level=None)
        try:
            self._prepare()
        except BaseException:
            self._db.close()
            raise

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
        with self._reading():
            return int(self._db.execute("SELECT revision FROM gallery").fetchone()[0])

    @property
    def model_id(self) -> str:
        """The recogniser its vectors come from; empty while nobody is enrolled."""
        with self._reading():
            return str(self._db.execute("SELECT model_id FROM gallery").fetchone()[0])

    def people(self) -> list[Person]:
        """Everybody enrolled, by name."""
        query = (
            "SELECT name, count(faces.id), people.added_at FROM people JOIN faces ON person = people.id"
            " GROUP BY people.id ORDER BY name"
        )
        with self._reading():
            return [Person(*row) for row in self._db.execute(query)]

    def index(self, model_id: str) -> GalleryIndex:
        """All faces as one matrix, to be searched with vectors of that model.

        Raises ValueError when the gallery holds another model's vectors, or damaged ones.
        """
        with self._reading():
            self._db.execute("BEGIN")
            try:
                own, dim = self._db.execute("SELECT model_id, dim FROM gallery").fetchone()
                rows = self._db.execute("SELECT name, vector FROM faces JOIN people ON people.id = person").fetchall()
            finally:
                self._db.execute("COMMIT")
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
        with self._reading():
            rows = self._db.execute(query).fetchall()
        for name, blob, *rest in rows:
            yield name, Face(np.frombuffer(blob, "<f4").astype(np.float32), *rest)

    def owner_of(self, sha256: str) -> str | None:
        """Who a picture is already enrolled as."""
        query = "SELECT name FROM faces JOIN people ON people.id = person WHERE sha256 = ?"
        with self._reading():
            row = self._db.execute(query, (sha256,)).fetchone()
        return None if row is None else str(row[0])

    def add(self, name: str, face: Face, *, model_id: str) -> None:
        """Enrol one face, all of it or nothing.

        Raises ValueError for another model's vector, one that is not a finite unit vector, a picture already
        enrolled, or a name no one can have.
        """
        self.add_all([(name, face)], model_id=model_id)

    def add_all(self, faces: Sequence[tuple[str, Face]], *, model_id: str) -> None:
        """Enrol several faces in one transaction; raises as `add` does, and then none is enrolled."""
        with self._writing():
            for name, face in faces:
                self._insert(clean_name(name), face, model_id)

    def erase(self, name: str) -> int:
        """Erase a person and say how many faces that were; nothing of them stays in the file.

        Raises KeyError for a name that is not enrolled, TimeoutError when another process keeps old pages in use: the
        person is gone from the gallery then, but run it again for the bytes to be overwritten.
        """
        with self._writing():
            count = self._db.execute(
                "SELECT count(*) FROM faces WHERE person = (SELECT id FROM people WHERE name = ?)", (clean_name(name),)
            ).fetchone()[0]
            if not self._db.execute("DELETE FROM people WHERE name = ?", (clean_name(name),)).rowcount:
                raise KeyError(name)
            if self._db.execute("SELECT count(*) FROM people").fetchone()[0] == 0:
                self._db.execute("UPDATE gallery SET model_id = '', dim = 0")
        self.scrub()
        return int(count)

    def scrub(self) -> None:
        """Rewrite the file without its free pages and empty its log; raises TimeoutError when it is in use."""
        try:
            self._db.execute("VACUUM")
            busy = self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        except sqlite3.OperationalError as error:
            raise TimeoutError(f"gallery {self.path}: {error}") from error
        if busy:
            raise TimeoutError(f"gallery {self.path}: another process is reading old pages")

    def _insert(self, name: str, face: Face, model_id: str) -> None:
        self._claim(model_id, face.vector)
        now = face.added_at or self._clock()
        if (owner := self.owner_of(face.sha256)) is not None:
            raise ValueError(f"{face.source}: already enrolled as {owner}")
        self._db.execute("INSERT INTO people (name, added_at) VALUES (?, ?) ON CONFLICT DO NOTHING", (name, now))
        self._db.execute(
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

    def _claim(self, model_id: str, vector: Float) -> None:
        """The first face decides whose vectors the gallery holds."""
        if vector.ndim != 1 or not abs(float(np.linalg.norm(vector)) - 1) < 1e-3:
            raise ValueError(f"vector: expected one finite unit vector, got shape {vector.shape}")
        own, dim = self._db.execute("SELECT model_id, dim FROM gallery").fetchone()
        if not own:
            self._db.execute("UPDATE gallery SET model_id = ?, dim = ?", (model_id, len(vector)))
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

    def _prepare(self) -> None:
        with self._reading():
            self._db.execute("PRAGMA foreign_keys = ON")
            self._db.execute("PRAGMA secure_delete = ON")
            if self._db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0:
                self._create()
            application = self._db.execute("PRAGMA application_id").fetchone()[0]
            version = self._db.execute("PRAGMA user_version").fetchone()[0]
        if application != APPLICATION_ID:
            raise ValueError(f"gallery {self.path}: expected a Glimpse gallery, got some other SQLite database")
        if version != SCHEMA_VERSION:
            raise ValueError(f"gallery {self.path}: expected schema {SCHEMA_VERSION}, got {version}; update Glimpse")

    def _create(self) -> None:
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("BEGIN IMMEDIATE")
        if self._db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0:  # another process may be first
            for statement in SCHEMA.split(";"):
                self._db.execute(statement)
            self._db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            self._db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        self._db.execute("COMMIT")

    @contextmanager
    def _reading(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as error:
            raise ValueError(f"gallery {self.path}: {error}") from error
        except sqlite3.DatabaseError as error:
            raise ValueError(f"gallery {self.path}: not a gallery or damaged ({error})") from error

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """One transaction that counts the revision up; undone on any error."""
        with self._reading():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("UPDATE gallery SET revision = revision + 1")
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")


def clean_name(name: str) -> str:
    """A person's name in Unicode NFC, so that a folder made on a Mac is the person typed on a keyboard elsewhere.

    Raises ValueError for names that are empty, too long or hold control characters.
    """
    name = unicodedata.normalize("NFC", name).strip()
    if not name or len(name) > NAME_LENGTH or any(unicodedata.category(letter) == "Cc" for letter in name):
        raise ValueError(f"person: expected a name of 1 to {NAME_LENGTH} printable letters, got {name!r}")
    return name
