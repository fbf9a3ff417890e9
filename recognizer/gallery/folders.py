"""Finds whose pictures a folder holds: a folder for each person, or, without folders, a picture for each.

Nothing is passed over in silence: what is no picture comes back with the reason.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from detectors.arrays import Image
from detectors.bookkeeping import describe_bookkeeping, is_bookkeeping
from detectors.pictures import PICTURE_SUFFIXES
from recognizer.gallery.links import Links


@dataclass(frozen=True, slots=True)
class Photo:
    """One picture. source: its path relative to the enrolled folder, or a label.

    pixels: BGR uint8 (H,W,3) of a picture that is no file; nothing is read from its path.  box: x1 y1 x2 y2 of the face
    that is meant, in these pixels; None: it must be the only one.
    fault: why a person or picture that was meant cannot be enrolled.  note: why the file is left out without harm.
    """

    path: Path
    person: str
    source: str
    fault: str = ""
    note: str = ""
    pixels: Image | None = field(default=None, repr=False)
    box: tuple[float, float, float, float] | None = None


def find_photos(folder: Path) -> Iterator[Photo]:
    """Every file below a folder, by person; what is bookkeeping comes last, in one line.

    Raises ValueError when it holds neither folders nor pictures.
    """
    hidden: list[str] = []
    entries = _list(folder, hidden) if folder.is_dir() else []
    people = [path for path in entries if path.is_dir()]
    files = [path for path in entries if not path.is_dir()]
    if not people and not any(_is_picture(path) for path in files):
        raise ValueError(f"{folder}: expected one folder per person or pictures named for people, found none")
    links = Links(folder, entries)
    for person in people:
        yield from _photos_of(person, folder, hidden, links)
    for path in files:
        fault = "lies beside the folders of people; move it into one" if people and _is_picture(path) else ""
        yield _photo(path, path.stem, folder, fault or links.fault_of_picture(path, path))
    if hidden:
        yield Photo(folder, "", "", note=describe_bookkeeping(hidden))


def _photos_of(person: Path, folder: Path, hidden: list[str], links: Links) -> Iterator[Photo]:
    if fault := links.fault_of_folder(person):
        yield Photo(person, person.name, person.relative_to(folder).as_posix(), fault=fault)
        return
    fault = "no picture in this folder"
    try:
        files = list(_walk(person, hidden))
        photos = [_photo(path, person.name, folder, links.fault_of_picture(person, path)) for path in files]
    except OSError:
        photos, fault = [], "a folder that cannot be listed"
    yield from photos
    if all(photo.note for photo in photos):
        yield Photo(person, person.name, person.relative_to(folder).as_posix(), fault=fault)


def _photo(path: Path, person: str, folder: Path, fault: str = "") -> Photo:
    note = "" if _is_picture(path) else _why_no_picture(path)
    return Photo(path, person, path.relative_to(folder).as_posix(), fault, note)


def _is_picture(path: Path) -> bool:
    return path.suffix.lower() in PICTURE_SUFFIXES and path.is_file()


def _why_no_picture(path: Path) -> str:
    if path.is_dir():
        return "a folder that cannot be listed or a link to one"
    if not path.is_file():
        return "not a file, or a link to nothing"
    return f"not a picture by its suffix {path.suffix!r}"


def _walk(folder: Path, hidden: list[str]) -> Iterator[Path]:
    """Every file below a folder. Links to folders are not followed, because they may lead in a circle."""
    for path in _list(folder, hidden):
        if path.is_dir() and not path.is_symlink() and os.access(path, os.R_OK | os.X_OK):
            yield from _walk(path, hidden)
        else:
            yield path


def _list(folder: Path, hidden: list[str]) -> list[Path]:
    """The entries of a folder in order; names of bookkeeping go to `hidden`."""
    entries = sorted(folder.iterdir())
    hidden += [path.name for path in entries if is_bookkeeping(path.name)]
    return [path for path in entries if not is_bookkeeping(path.name)]
