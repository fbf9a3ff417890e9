"""A gallery's export: it is written again without the person, and the old bytes are overwritten."""

from collections.abc import Iterator
from pathlib import Path

from pipeline.erase.overwrite import overwrite_open
from pipeline.erase.person import Person
from recognizer.gallery.transfer import FORMAT, encode_export, read_export


class GalleryExportStore:
    """A file of `python -m recognizer.gallery export`."""

    kind = "gallery export"

    def recognises(self, path: Path) -> bool:
        with path.open("rb") as file:
            return file.read(64).startswith(f'{{"format":"{FORMAT}"'.encode())

    def people(self, path: Path) -> Iterator[str]:
        yield from {name for name, _ in read_export(path)[1]}

    def traces(self, path: Path, person: Person) -> Iterator[bytes]:
        for name, face in read_export(path)[1]:
            if person.is_named(name):
                yield face.vector.astype("<f4").tobytes()
                yield face.chip or b""

    def erase(self, path: Path, person: Person) -> str:
        header, faces = read_export(path)
        kept = [(name, face) for name, face in faces if not person.is_named(name)]
        if len(kept) == len(faces):
            return ""
        unfinished = path.with_name(f".{path.name}.new")
        unfinished.touch(0o600)
        unfinished.write_bytes(encode_export(header.model_id, kept))
        with path.open("r+b", buffering=0) as old:  # within reach also when the new file has taken its name
            size = path.stat().st_size
            unfinished.replace(path)
            overwrite_open(old.fileno(), [(0, size)], b"\0")
        return f"{len(faces) - len(kept)} faces erased"
