"""Enrolled people, in an SQLite file or in PostgreSQL: a running pipeline can read while another process writes.

Erasing a person also rewrites the store: DELETE only marks pages as free and leaves the bytes of the face vector in
them.
"""

import time
from collections.abc import Callable, Sequence

from detectors.arrays import Float32
from recognizer.gallery.change import ChangeKind
from recognizer.gallery.database import Place, open_database
from recognizer.gallery.face import Face, Person
from recognizer.gallery.index import RefusedError
from recognizer.gallery.names import EnrolledNames, clean_name, normalise_name, printable
from recognizer.gallery.negatives import Negative
from recognizer.gallery.reading import MAX_FAULTS, GalleryReader, refuse_lookalike
from recognizer.gallery.usable import are_unit

__all__ = ["MAX_FAULTS", "Face", "Gallery", "Person"]

MIN_DIGEST_LENGTH = 8  # hex digits that name a picture; fewer could be meant as a file's name


class Gallery(GalleryReader):
    """One open gallery. Use it only in the thread that opened it; several processes may open the same."""

    def __init__(
        self,
        path: Place,
        *,
        create: bool = False,
        read_only: bool = False,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Open the gallery in a file, or at postgresql://HOST/DATABASE; with `create`, make it if it is missing; with
        `read_only`, never write to it.

        Faces are sealed with the key of the environment, where it has one (`configs.at_rest`).
        Raises FileNotFoundError for a missing one, ValueError for one that is damaged, not a gallery, or of another
        schema version, OSError for a server that does not answer. What reads sealed faces raises KeyNeededError, a
        ValueError, without their key.
        """
        super().__init__(open_database(path, create=create, read_only=read_only), clock)

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
            names = EnrolledNames(self._names().values())
            for name, face in faces:
                self._insert(clean_name(name), face, model_id, names)
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
            faces = sum(
                self._db.rows(f"SELECT count(*) FROM {self._db.sql.faces_of}", (row, row))[0][0] for row in found
            )
            self._db.delete_damaged()
            for person in found:
                self._db.change("DELETE FROM people WHERE id = ?", (person,))
                self._db.record(ChangeKind.ERASE, person)
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
            refuse_lookalike(new, others)
            self._db.change("UPDATE people SET name = ? WHERE id = ?", (new, person))
            self._db.record(ChangeKind.RENAME, person)

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
            self._db.change(
                "UPDATE negatives SET person = ? WHERE person = ?"
                " AND source NOT IN (SELECT source FROM negatives WHERE person = ?)",
                (kept, old, kept),
            )
            self._db.change("DELETE FROM people WHERE id = ?", (old,))
            for person in (old, kept):
                self._db.record(ChangeKind.MERGE, person)
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
            refuse_lookalike(new, list(self._names().values()))
            added_at = self._db.rows("SELECT added_at FROM people WHERE id = ?", (person,))[0][0]
            self._db.change("INSERT INTO people (name, added_at) VALUES (?, ?)", (new, added_at))
            other = self._person_id(new)
            for digest in going:
                self._db.change("UPDATE faces SET person = ? WHERE sha256 = ?", (other, digest))
            for source in negatives:
                move = "UPDATE negatives SET person = ? WHERE person = ? AND source = ?"
                self._db.change(move, (other, person, source))
            for changed in (person, other):
                self._db.record(ChangeKind.SPLIT, changed)
        return len(going)

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
            self._db.record(ChangeKind.NEGATIVE, person)
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
            self._db.record(ChangeKind.REMOVE, person)
        self.scrub()

    def may_hold_erased(self) -> bool:
        """Whether bytes of erased faces may still be there, because an erasure did not end; `scrub` overwrites them."""
        return self._db.may_hold_erased()

    def scrub(self) -> None:
        """Overwrite the bytes of erased faces. Raises TimeoutError when another process uses the file."""
        self._db.scrub()

    def _insert(self, name: str, face: Face, model_id: str, names: EnrolledNames) -> None:
        self._check_vector(model_id, face.vector)
        if name not in names:
            refuse_lookalike(name, names.like(name))
            names.add(name)
        added_at = face.added_at or self._clock()
        if (owner := self.owner_of(face.sha256)) is not None:
            raise ValueError(f"{face.source}: already enrolled as {owner}")
        self._db.change("INSERT INTO people (name, added_at) VALUES (?, ?) ON CONFLICT DO NOTHING", (name, added_at))
        person = self._person_id(name)
        self._db.change(
            "INSERT INTO faces"
            " (person, vector, model_id, source, sha256, detector, face_px, quality, added_at, length, chip)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                person,
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
        self._db.record(ChangeKind.ENROL, person)

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

    def _mark(self, person: int, negative: Negative, model_id: str) -> None:
        self._check_vector(model_id, negative.vector)
        vector = self._db.cipher.seal(negative.vector.astype("<f4").tobytes())
        added_at = negative.added_at or self._clock()
        self._db.change(
            "INSERT INTO negatives (person, vector, model_id, source, added_at) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (person, source) DO UPDATE SET vector = excluded.vector, model_id = excluded.model_id",
            (person, vector, model_id, negative.source, added_at),
        )
        self._db.record(ChangeKind.NEGATIVE, person)
