"""Whose pictures and clips a folder of truth holds: a folder for each person, or a file named for each."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from detectors.bookkeeping import is_bookkeeping
from detectors.pictures import PICTURE_SUFFIXES
from glimpse.errors import PersonMissingError, SettingsError
from pipeline.capture.source_folder import VIDEO_SUFFIXES
from recognizer.gallery.links import Links
from recognizer.gallery.names import nearest_name, normalise_name, printable


@dataclass(frozen=True, slots=True)
class TruthFile:
    """A picture or clip. person: who it shows; empty for strangers.  origin: the folder of one person, or the file."""

    path: Path
    person: str
    origin: str

    @property
    def is_clip(self) -> bool:
        return self.path.suffix.lower() in VIDEO_SUFFIXES


def list_people(folder: Path, enrolled: Iterable[str]) -> list[TruthFile]:
    """Every picture and clip of a folder that holds a folder for each person, or files named for people.

    Raises SettingsError for a folder that is not there, holds none or links to pictures of somebody else, and
    PersonMissingError for the name of somebody who is not enrolled.
    """
    found: list[TruthFile] = []
    entries = _entries(folder)
    links = Links(folder, entries)
    for entry in entries:
        person = normalise_name(entry.name if entry.is_dir() else entry.stem)
        files = [TruthFile(path, person, person) for path in _own_files(entry, links)]
        if files:
            _require_enrolled(person, entry, list(enrolled))
        found += files
    if not found:
        raise SettingsError(f"{folder}: expected a folder of pictures or clips for each person, found none")
    return found


def list_strangers(folder: Path) -> list[TruthFile]:
    """Every picture and clip below a folder of strangers; a folder in it counts as one stranger.

    Raises SettingsError for a folder that is not there or holds none.
    """
    found = [
        TruthFile(path, "", str(entry if entry.is_dir() else path))
        for entry in _entries(folder)
        for path in _files(entry)
    ]
    if not found:
        raise SettingsError(f"strangers {folder}: expected pictures or clips of strangers, found none")
    return found


def _entries(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise SettingsError(f"{folder}: {'expected a folder' if folder.exists() else 'no such folder'}")
    return [path for path in sorted(folder.iterdir()) if not is_bookkeeping(path.name)]


def _own_files(entry: Path, links: Links) -> list[Path]:
    """The files of a person. Raises SettingsError where a link leads to somebody else's."""
    if entry.is_dir() and (fault := links.fault_of_folder(entry)):
        raise SettingsError(f"{entry}: {fault}")
    files = list(_files(entry))
    for path in files:
        if fault := links.fault_of_picture(entry, path):
            raise SettingsError(f"{path}: {fault}")
    return files


def _files(entry: Path) -> Iterator[Path]:
    """The pictures and clips of a folder and those in it, without thumbnails that systems keep there, or the file."""
    for path in sorted(entry.rglob("*")) if entry.is_dir() else [entry]:
        if path.suffix.lower() in PICTURE_SUFFIXES | VIDEO_SUFFIXES and path.is_file():
            if not any(map(is_bookkeeping, path.relative_to(entry).parts)):
                yield path


def _require_enrolled(person: str, entry: Path, enrolled: list[str]) -> None:
    if person in enrolled:
        return
    near = nearest_name(person, enrolled)
    hint = f"did you mean {printable(near)}? " if near else ""
    raise PersonMissingError(
        f"{entry}: {printable(person)} is not enrolled; {hint}people who are not enrolled belong into --strangers"
    )
