"""A gallery's export: it is written again without the person, and the old bytes are overwritten."""

import os
from collections.abc import Iterator
from pathlib import Path

from pipeline.erase.gallery import face_record
from pipeline.erase.overwrite import destroy
from pipeline.erase.person import Person
from pipeline.secrets.private_files import open_private
from recognizer.gallery.transfer import FORMAT, encode_export, read_export

NEW, OLD = ".erase-new", ".erase-old"


class GalleryExportStore:
    """A file of `glimpse people export`."""

    kind = "gallery export"

    def recognises(self, path: Path) -> bool:
        with path.open("rb") as file:
            return file.read(64).startswith(f'{{"format":"{FORMAT}"'.encode())

    def people(self, path: Path) -> Iterator[str]:
        yield from {name for name, _ in read_export(path).faces}

    def traces(self, path: Path, person: Person) -> Iterator[bytes]:
        export = read_export(path)
        for name, face in export.faces:
            if person.is_named(name):
                yield face.vector.astype("<f4").tobytes()
                yield face.chip or b""
        yield from (one.vector.astype("<f4").tobytes() for name, one in export.negatives if person.is_named(name))

    def records(self, path: Path, person: Person) -> Iterator[bytes]:
        header, faces, _ = read_export(path)
        yield from (face_record(face, header.model_id) for name, face in faces if person.is_named(name))

    def erase(self, path: Path, person: Person) -> str:
        if path.name.startswith(".") and path.name.endswith((NEW, OLD)):
            return _finish(path)
        header, faces, negatives = read_export(path)
        kept = [(name, face) for name, face in faces if not person.is_named(name)]
        others = [(name, one) for name, one in negatives if not person.is_named(name)]
        if len(kept) + len(others) == len(faces) + len(negatives):
            return ""
        new, old = (path.with_name(f".{path.name}{ending}") for ending in (NEW, OLD))
        try:
            _write(new, encode_export(header.model_id, kept, others))
        except OSError:
            new.unlink(missing_ok=True)
            raise
        path.replace(old)  # a kill from here on leaves the old bytes where the next call finds them
        new.replace(path)
        destroy(old)
        return f"{len(faces) - len(kept)} faces erased"


def _write(path: Path, data: bytes) -> None:
    with os.fdopen(open_private(path, os.O_WRONLY | os.O_TRUNC), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _finish(leftover: Path) -> str:
    """Go on where an erasure was interrupted: a whole file takes its place, what is in the way is destroyed."""
    export = leftover.with_name(leftover.name[1 : -len(NEW)])
    if export.exists():
        destroy(leftover)
        return "what an interrupted erasure left was destroyed"
    leftover.replace(export)  # NEW comes first, and is whole where the export has given way already
    return f"an interrupted erasure was finished: {export.name} is back; run this again"
