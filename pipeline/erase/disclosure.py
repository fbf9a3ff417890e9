"""Hands a person what is kept of them: everything that an erasure would erase, in one ZIP file."""

import io
import json
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from configs.at_rest import VARIABLE, KeyNeededError, is_sealed
from pipeline.documentation import find_pages
from pipeline.erase.database_store import DatabaseStore
from pipeline.erase.databases import name_of
from pipeline.erase.opened import opened
from pipeline.erase.person import Person
from pipeline.erase.run import NO_PATH, files_in, find_stores, people_in
from pipeline.erase.store import IncompleteError, Outcome, Store

README = """\
What these files of Glimpse hold of one person. Each folder with a number stands for one file.

about/          pages of the documentation that say what the fields mean

records.jsonl   what is written down, one JSON object a line; other people are called ***
face-N.jpg      pictures of the person, .webp where they were enrolled with them
face-N.bin      face vectors: numbers that a recogniser computed from a picture (float32 or float16, little-endian)
"""
ABOUT = ("events.md", "history.md", "report.md")
"""Pages of the documentation that say what the fields mean; they go with the file, as the person has no Glimpse."""
JPEG, WEBP = b"\xff\xd8", b"RIFF"
EVENT = b'{"kind"'
"""How a sealed event begins; its pictures are there by themselves."""
NO_KEY = f"sealed, no key: expected the key of its faces in {VARIABLE}"


@dataclass(frozen=True, slots=True)
class Disclosed:
    """What one file or database holds of the person. left: why it could not be read; empty where it could."""

    name: str
    kind: str
    records: tuple[bytes, ...] = ()
    faces: tuple[bytes, ...] = ()
    left: str = ""


@dataclass(frozen=True)
class Disclosure:
    """All that was found. stores: files that hold people.  archive: the ZIP file; empty where there is nothing."""

    found: list[Disclosed]
    stores: int
    archive: bytes

    @property
    def complete(self) -> bool:
        return not any(disclosed.left for disclosed in self.found)


def disclose_person(name: str, places: Sequence[Path], *, databases: Sequence[DatabaseStore] = ()) -> Disclosure:
    """Collect what all stores in these folders and files, and these databases, hold of a person. Nothing is changed.

    name: cleaned as the gallery cleans it.
    """
    closed: list[Outcome] = []
    stores, unreadable = find_stores(list(files_in(places, closed)))
    all_stores = [*stores, *((NO_PATH, database) for database in databases)]
    person = Person(name).knowing({other for path, store in all_stores for other in people_in(path, store)})
    found = [Disclosed(str(outcome.path), "", left=outcome.left) for outcome in (*closed, *unreadable)]
    found += [disclosed for path, store in all_stores if _holds(disclosed := _disclose(path, store, person))]
    return Disclosure(found, len(all_stores), _pack(found) if any(map(_is_known, found)) else b"")


def _disclose(path: Path, store: Store, person: Person) -> Disclosed:
    name = str(name_of(path, store))
    try:
        stored = [trace for trace in store.traces(path, person) if any(trace)]
        faces = [opened(trace, store.kind) if is_sealed(trace) else trace for trace in stored]
        known = tuple(dict.fromkeys(face for face in faces if face and not face.startswith(EVENT)))
        left = "" if all(faces) else NO_KEY
        return Disclosed(name, store.kind, tuple(store.records(path, person)), known, left)
    except KeyNeededError:
        return Disclosed(name, store.kind, left=NO_KEY)
    except (IncompleteError, OSError, ValueError) as error:
        return Disclosed(name, store.kind, left=f"not readable: {error}")


def _holds(disclosed: Disclosed) -> bool:
    return bool(disclosed.left) or _is_known(disclosed)


def _is_known(disclosed: Disclosed) -> bool:
    return bool(disclosed.records or disclosed.faces)


def _pack(found: Sequence[Disclosed]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("README.txt", README)
        for page in ABOUT:
            if (pages := find_pages()) and (pages / page).is_file():
                archive.writestr(f"about/{page}", (pages / page).read_bytes())
        archive.writestr("index.json", json.dumps(list(_index(found)), ensure_ascii=False, indent=2))
        for number, disclosed in enumerate(found, start=1):
            folder = f"{number}-{disclosed.kind.replace(' ', '-')}"
            if disclosed.records:
                archive.writestr(f"{folder}/records.jsonl", b"\n".join(disclosed.records) + b"\n")
            for count, face in enumerate(disclosed.faces, start=1):
                archive.writestr(f"{folder}/face-{count}.{_suffix(face)}", face)
    return packed.getvalue()


def _index(found: Sequence[Disclosed]) -> Iterator[dict[str, object]]:
    for number, disclosed in enumerate(found, start=1):
        yield {
            "folder": number,
            "file": Path(disclosed.name).name,
            "kind": disclosed.kind,
            "records": len(disclosed.records),
            "faces": len(disclosed.faces),
            "not_readable": disclosed.left,
        }


def _suffix(face: bytes) -> str:
    return "jpg" if face.startswith(JPEG) else "webp" if face.startswith(WEBP) else "bin"
