"""Photographs judged one by one, and a folder of them sorted by person."""

import csv
import difflib
import os
import re
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from detectors.pictures import PICTURE_SUFFIXES
from glimpse.errors import PictureError, PictureMissingError, SettingsError
from glimpse.faces import MIN_PX, MIN_SCORE, Face, find
from glimpse.identity import Identity
from glimpse.people import Gallery
from pipeline.secrets.private_files import make_private_file, make_private_folder, open_private
from pipeline.sinks.spreadsheet import ENCODING, cell_text, plain_cell

__all__ = ["Photo", "judge_photos", "sort_photos"]

COLUMNS = (
    "picture",
    "person",
    "state",
    "score",
    "threshold",
    "confidence",
    "face_px",
    "x0",
    "y0",
    "x1",
    "y1",
    "reason",
)
TABLE = "people.csv"
UNKNOWN, NO_FACE, UNREADABLE = "unknown", "no face", "unreadable"

Pictures: TypeAlias = str | os.PathLike[str] | Iterable[str | os.PathLike[str]]


@dataclass(frozen=True, slots=True)
class Photo:
    """One photograph: its faces, the largest first, and who each of them is.

    error: why it could not be read; empty where it could.
    """

    path: Path
    faces: tuple[Face, ...] = field(default=(), repr=False)
    identities: tuple[Identity, ...] = ()
    error: str = ""

    @property
    def names(self) -> list[str]:
        """Everybody named in it, once each."""
        return list(dict.fromkeys(identity.name for identity in self.identities if identity.name))


def judge_photos(
    pictures: Pictures, gallery: Gallery, *, min_px: float = MIN_PX, min_score: float = MIN_SCORE
) -> Iterator[Photo]:
    """Each photograph with its faces, every face judged on its own look: nothing is followed from one to the next.

    pictures: a file, a folder (with the folders in it), or several of either.
    Raises PictureMissingError for a path that is not there; a file that cannot be read is yielded with its `error`.
    """
    for path in list_photos(pictures):
        try:
            faces = find(path, models=gallery.models, min_px=min_px, min_score=min_score)
        except PictureError as error:
            yield Photo(path, error=str(error).removeprefix(f"picture {path}: "))
            continue
        yield Photo(path, tuple(faces), tuple(gallery.identify(face) for face in faces))


def list_photos(pictures: Pictures) -> list[Path]:
    """The picture files of files and folders, those of a folder sorted. Raises PictureMissingError."""
    given = [pictures] if isinstance(pictures, str | os.PathLike) else list(pictures)
    found: list[Path] = []
    for path in (Path(each).expanduser() for each in given):
        if path.is_dir():
            found += sorted(
                file for file in path.rglob("*") if file.suffix.lower() in PICTURE_SUFFIXES and file.is_file()
            )
        elif path.exists():
            found.append(path)
        else:
            raise PictureMissingError(f"picture {path}: no such file or folder{_suggest(path)}")
    return found


def _suggest(path: Path) -> str:
    names = [entry.name for entry in path.parent.iterdir()] if path.parent.is_dir() else []
    near = difflib.get_close_matches(path.name, names, 1)
    return f", did you mean {path.parent / near[0]}?" if near else ""


def sort_photos(photos: Iterable[Photo], folder: str | os.PathLike[str]) -> dict[str, int]:
    """Copy photographs into a folder for each person, and list every face in `people.csv`.

    folder: new or empty.  A photograph of two people is copied for both; one that names nobody goes to `unknown`,
    one without faces to `no face`. Returns how many photographs each folder got, `unreadable` counted only.

    Raises SettingsError for a folder that holds something, OSError where it cannot be written.
    """
    out = Path(folder).expanduser()
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise SettingsError(f"folder {out}: expected a new or empty one, so that no two runs are mixed")
    make_private_folder(out)
    counts: dict[str, int] = {}
    descriptor = open_private(out / TABLE, os.O_WRONLY)
    with os.fdopen(descriptor, "w", newline="", encoding=ENCODING) as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(COLUMNS)
        for photo in photos:
            table.writerows(_rows(photo))
            for place in _places(photo):
                counts[place] = counts.get(place, 0) + 1
                if not photo.error:
                    _copy(photo.path, out / _folder_name(place))
    return counts


def remove_sorted(folder: Path) -> None:
    """Remove what `sort_photos` has put into a folder: the copies that people.csv lists, their folders, the table.

    Whatever else lies there stays.
    """
    if not (folder / TABLE).is_file():
        return
    with (folder / TABLE).open(newline="", encoding=ENCODING) as file:
        rows = list(csv.DictReader(file))
    pictures = {Path(cell_text(row.get("picture") or "")) for row in rows}
    places = {_folder_name(cell_text(row.get("person") or "")) for row in rows} | {UNKNOWN, NO_FACE}
    for place in (folder / name for name in places if (folder / name).is_dir() and not (folder / name).is_symlink()):
        for copy in place.iterdir():
            if any(re.fullmatch(_copy_names(picture), copy.name) for picture in pictures):
                copy.unlink()
        if not any(place.iterdir()):
            place.rmdir()
    (folder / TABLE).unlink()


def _copy_names(picture: Path) -> str:
    """A pattern of the names that `_copy` gives to copies of a picture."""
    return rf"{re.escape(picture.stem)}(-\d+)?{re.escape(picture.suffix)}"


def _rows(photo: Photo) -> Iterator[tuple[object, ...]]:
    """A row for each face; one without a person for a photograph without faces."""
    if not photo.faces:
        yield (plain_cell(str(photo.path)), "", (photo.error and UNREADABLE) or NO_FACE, *[""] * 8, photo.error)
    for face, identity in zip(photo.faces, photo.identities, strict=True):
        figures = (identity.score, identity.threshold, identity.confidence)
        yield (
            plain_cell(str(photo.path)),
            plain_cell(identity.name or ""),
            identity.state.value,
            *(f"{figure:.4f}" for figure in figures),
            f"{face.px:.1f}",
            *face.box,
            identity.reason,
        )


def _places(photo: Photo) -> list[str]:
    if photo.error:
        return [UNREADABLE]
    return photo.names or [UNKNOWN if photo.faces else NO_FACE]


def _folder_name(person: str) -> str:
    """A name that any file system takes, and that leads nowhere else."""
    name = "".join("_" if character in '/\\:*?"<>|' or ord(character) < 32 else character for character in person)
    name = name.strip(". ") or "_"
    return f"{name}_" if name == TABLE else name


def _copy(path: Path, folder: Path) -> None:
    """Copy a file, numbered where another of its name is there; only its owner may read the copy."""
    make_private_folder(folder)
    target, number = folder / path.name, 2
    while target.exists():
        target, number = folder / f"{path.stem}-{number}{path.suffix}", number + 1
    make_private_file(target)
    shutil.copyfile(path, target)
    times = path.stat()
    os.utime(target, ns=(times.st_atime_ns, times.st_mtime_ns))
