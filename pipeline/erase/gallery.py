"""The gallery: its faces are deleted, and the file is rewritten without their bytes."""

import json
from collections.abc import Collection, Iterable, Iterator
from dataclasses import asdict
from pathlib import Path

from detectors.arrays import Float32
from pipeline.erase.person import Person
from pipeline.erase.sqlite_file import application_id
from pipeline.erase.store import IncompleteError
from recognizer.gallery.database import Place
from recognizer.gallery.negatives import Negative
from recognizer.gallery.schema import APPLICATION_ID
from recognizer.gallery.store import Face, Gallery


class GalleryStore:
    """A gallery file of `glimpse enroll`."""

    kind = "gallery"

    def recognises(self, path: Path) -> bool:
        return application_id(path) == APPLICATION_ID

    def people(self, path: Place) -> Iterator[str]:
        with Gallery(path) as gallery:
            yield from [person.name for person in gallery.people()]

    def traces(self, path: Place, person: Person) -> Iterator[bytes]:
        with Gallery(path) as gallery:
            yield from gallery.stored_bytes(person.name)

    def records(self, path: Place, person: Person) -> Iterator[bytes]:
        with Gallery(path) as gallery:
            yield from (face_record(face, gallery.model_id) for name, face in gallery.faces() if person.is_named(name))

    def erase(self, path: Place, person: Person) -> str:
        """Also overwrites what an earlier erasure left that was interrupted."""
        with Gallery(path) as gallery:
            try:
                return f"{gallery.erase(person.name)} faces erased and overwritten"
            except KeyError:
                self._finish(gallery)
                return ""
            except TimeoutError as error:
                raise IncompleteError(f"{error}; the person is no longer enrolled, run this again") from None

    def _finish(self, gallery: Gallery) -> None:
        try:
            gallery.scrub()
        except TimeoutError as error:
            raise IncompleteError(f"not enrolled, but bytes of an earlier erasure may be left: {error}") from None


def vectors_of(path: Place, person: Person) -> Iterator[tuple[str, Float32]]:
    """Model and vector, float32 (D,), of each face of the person."""
    with Gallery(path) as gallery:
        yield from ((gallery.model_id, face.vector) for name, face in gallery.faces() if person.is_named(name))


def negatives_of(path: Place) -> Iterator[tuple[str, str, Negative]]:
    """Model, person and negative of each track that is not somebody."""
    with Gallery(path) as gallery:
        yield from ((gallery.model_id, name, negative) for name, negative in gallery.negatives())


def forget_negatives(path: Place, marked: Iterable[tuple[str, str]]) -> int:
    """Erase negatives, given by person and source, and overwrite their bytes; returns how many there were.

    Raises IncompleteError where the bytes cannot be overwritten now.
    """
    with Gallery(path) as gallery:
        found = sum(gallery.unmark(name, source) for name, source in marked)
        try:
            gallery.scrub()
        except TimeoutError as error:
            raise IncompleteError(f"{error}; negatives are deleted, run this again") from None
    return found


def negatives_from(path: Place, sources: Collection[str]) -> list[tuple[str, str]]:
    """Person and source of the negatives that are of these tracks; it needs no key."""
    with Gallery(path) as gallery:
        return [(name, source) for name, source in gallery.negative_sources() if source in sources]


def face_record(face: Face, model_id: str) -> bytes:
    """What is stored of an enrolled face beside vector and picture, as JSON."""
    fields = {key: value for key, value in asdict(face).items() if key not in ("vector", "chip")}
    return json.dumps({"kind": "enrolled face", "model_id": model_id} | fields, ensure_ascii=False).encode()
