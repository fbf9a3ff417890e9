"""Enrolled people in one file, for callers from any thread."""

import hashlib
import math
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image as PillowImage

from configs.postgres.address import show
from detectors.arrays import Image
from glimpse.enroller import enroller_of
from glimpse.errors import (
    GalleryBusyError,
    GalleryError,
    GalleryMissingError,
    PersonMissingError,
    PictureError,
    PictureMissingError,
    translate,
)
from glimpse.faces import Box, Face, find, list_faces, one_face
from glimpse.identity import Identity
from glimpse.models import Models, shipped_models
from glimpse.pictures import Picture, read_picture
from recognizer.gallery.chips import decode_chip
from recognizer.gallery.database import Place, place_of
from recognizer.gallery.enroll import Outcome, Verdict
from recognizer.gallery.folders import Photo as EnrolmentPhoto
from recognizer.gallery.index import GalleryIndex
from recognizer.gallery.names import clean_name, nearest_name, refuse_reserved
from recognizer.gallery.store import Gallery as Store
from recognizer.gallery.store import Person
from recognizer.gallery.transfer import Imported, export_gallery, import_gallery

__all__ = ["EnrolledPicture", "Gallery", "Outcome", "Person", "Verdict"]


_ONE_PICTURE = (str, os.PathLike, bytes, np.ndarray, PillowImage.Image)


@dataclass(frozen=True, slots=True)
class EnrolledPicture:
    """One picture of a person. source: the name of its file, or a label.  sha256: of the file or of the pixels, hex.

    face_px: height of the face in it, pixels.  quality: 0..1.  added_at: Unix seconds.
    chip: the aligned face, BGR uint8 (112,112,3); None where none is kept.
    """

    source: str
    sha256: str
    face_px: float
    quality: float
    added_at: float
    chip: Image | None = field(repr=False)


class _Revision(NamedTuple):
    """Tells one state of one file from another."""

    device: int
    inode: int
    version: int


class Gallery:
    """People in one SQLite file, or at postgresql://HOST/DATABASE, which a running pipeline and other
    programs may read and change meanwhile.

    Each call opens the file and closes it again: there is nothing to close, and threads may share a Gallery.

    Any call raises GalleryError for a file that is damaged or not a gallery, and for one whose vectors are of another
    model.
    """

    def __init__(self, path: str | os.PathLike[str], *, models: Models | None = None, create: bool = True) -> None:
        """Name a gallery: a file, or the address of a PostgreSQL database.

        It is made by the first enrolment or import; until then, nobody is enrolled.

        models: those that ship, by default.  create: False raises GalleryMissingError where there is no file.
        """
        self._place: Place = place_of(path)
        self._models = models
        self._index: tuple[_Revision, str, GalleryIndex] | None = None
        if not create and not self._exists:
            raise GalleryMissingError(f"gallery {self.path}: no such file")
        if isinstance(self._place, Path) and not self._place.absolute().parent.is_dir():
            raise GalleryMissingError(f"gallery {self.path}: no such folder: {self._place.parent}")
        if not create or (isinstance(self._place, Path) and self._exists):
            self._open(read_only=True).close()

    def __repr__(self) -> str:
        return f"Gallery({str(self.path)!r})"

    @property
    def path(self) -> Path:
        """The file; for a gallery in PostgreSQL, its address without user and password, as if it were one."""
        return self._place if isinstance(self._place, Path) else Path(show(self._place))

    @property
    def place(self) -> Place:
        """What opens it: the path of the file, or the whole address of the database, with its password."""
        return self._place

    @property
    def _exists(self) -> bool:
        """Whether there may be one: a database is asked when it is opened."""
        return not isinstance(self._place, Path) or self._place.is_file()

    @property
    def models(self) -> Models:
        """The models that enrol and identify here."""
        return self._models or shipped_models()

    def enroll(
        self,
        name: str,
        *pictures: Picture | Iterable[Picture],
        face: Face | Box | int | None = None,
        keep_chips: bool = True,
        min_face_px: float = 24.0,
    ) -> list[Outcome]:
        """Enrol a person, or more pictures of one, each with one large face; returns what became of each.

        Lists of pictures are taken too.  face: which one of a group is meant: a face of `glimpse.find(picture)`, its
        place in that list, or its box x0, y0, x1, y1 in pixels of the upright picture; the picture stays as it lies
        then.  keep_chips: store an aligned 112-pixel picture of each face, which lets
        another model read it later.  min_face_px: smallest face to take, pixels.

        `Outcome.verdict` is TAKEN, KNOWN (the very picture is enrolled already) or REFUSED, with `reason`; a warning is
        set where the face resembles another person.

        Raises GalleryError for a name that is invalid or too like another, PictureError for what is no picture at all,
        or has no such face, and PictureMissingError for a file that is not there; nothing is enrolled then.
        """
        with translate(GalleryError):
            name = clean_name(name)
        given = list(_flatten(pictures))
        if not given:
            raise PictureError(f"enroll {name!r}: expected at least one picture")
        photos = [_photo(name, picture) for picture in given]
        if face is not None:
            if len(given) > 1:
                raise PictureError(f"face: expected exactly one picture with it, got {len(given)}")
            photos = [self._choose(photos[0], given[0], face)]
        enroller = enroller_of(self.models, keep_chips=keep_chips, min_face_px=min_face_px)
        with translate(GalleryError), self._open(create=True) as store:
            store.check_name(name)
            return [_advise(outcome) for outcome in enroller.enroll_photos(photos, store)]

    def enroll_folder(
        self, folder: str | os.PathLike[str], *, keep_chips: bool = True, min_face_px: float = 24.0
    ) -> Iterator[Outcome]:
        """Enrol a folder that holds a folder of pictures for each person, or pictures named for people.

        Yields what became of each file, as it is done. Raises GalleryError for a folder that holds neither.
        """
        enroller = enroller_of(self.models, keep_chips=keep_chips, min_face_px=min_face_px)
        with translate(GalleryError), self._open(create=True) as store:
            yield from enroller.enroll(Path(folder).expanduser(), store)

    def identify(self, face: Face | Picture) -> Identity:
        """Who a face is: of `glimpse.find`, or the only one of a picture.

        It is judged on this one look, with the threshold for a face of its size among these people.
        Raises PictureError for a picture without a face or with several.
        """
        found = one_face(face, self.models)
        return self.models.decider.judge(found.vector, self.index(found.model_id), face_px=found.px)

    @property
    def people(self) -> list[Person]:
        """Everybody, sorted by name: `name`, number of `faces`, number of `chips`, `added_at` in Unix seconds."""
        if not self._exists:
            return []
        with translate(GalleryError), self._open(read_only=True) as store:
            return store.people()

    def __len__(self) -> int:
        """Number of people."""
        return len(self.people)

    def __contains__(self, name: object) -> bool:
        return any(person.name == name for person in self.people)

    def pictures(self, name: str) -> list[EnrolledPicture]:
        """The pictures of a person, in order of enrolment. Raises PersonMissingError."""
        with self._changing(name, read_only=True) as store:
            faces = [face for person, face in store.faces() if person == name]
        if not faces:
            raise self._missing(name)
        return [
            EnrolledPicture(
                face.source,
                face.sha256,
                face.face_px,
                face.quality,
                face.added_at,
                None if face.chip is None else decode_chip(face.chip),
            )
            for face in faces
        ]

    def rename(self, name: str, new: str) -> None:
        """Give a person another name. Raises PersonMissingError, and GalleryError for a name that cannot be given."""
        with self._changing(name) as store:
            refuse_reserved(new)
            store.rename(name, new)

    def merge(self, name: str, *, into: str) -> int:
        """Give the pictures of one person to another, who keeps their name; returns their number.

        Raises PersonMissingError.
        """
        with self._changing(name, into) as store:
            return store.merge(name, into)

    def remove(self, name: str, picture: str) -> None:
        """Erase one picture of a person: its `source`, or the begin of its `sha256`, at least 8 digits.

        Raises PersonMissingError; GalleryError where none or several match, or it is the only one; GalleryBusyError as
        `erase` does.
        """
        with self._changing(name) as store:
            store.remove_face(name, picture)

    def erase(self, name: str) -> int:
        """Erase a person and overwrite their bytes in the file; returns the number of pictures erased.

        Raises PersonMissingError. Raises GalleryBusyError where another process still reads old bytes: nobody is named
        so any more, and erasing anybody later overwrites the bytes.
        """
        with self._changing(name) as store:
            return store.erase(name)

    def export(self, file: str | os.PathLike[str]) -> int:
        """Write everybody to a portable file; returns the number of faces. The file holds biometric data."""
        with translate(GalleryError, missing=GalleryMissingError), self._open(read_only=True) as store:
            return export_gallery(store, Path(file).expanduser())

    def import_(self, file: str | os.PathLike[str]) -> Imported:
        """Enrol everybody of an exported file. Raises GalleryError for a damaged one or one of another model."""
        path = Path(file).expanduser()
        if not path.is_file():
            raise GalleryMissingError(f"import {path}: no such file")
        with translate(GalleryError), self._open(create=True) as store:
            return import_gallery(store, path)

    def index(self, model_id: str = "") -> GalleryIndex:
        """The people as a search index for vectors of this model, that of the recogniser by default.

        Read again only when the file has changed.
        """
        models, model_id = self.models, model_id or self.models.recognizer.model_id
        if not self._exists:
            return GalleryIndex.empty(model_id)
        with translate(GalleryError), self._open(read_only=True) as store:
            revision = self._revision(store.version())
            if (known := self._index) and known[:2] == (revision, model_id):
                return known[2]
            index = store.index(model_id).against(models.decider.cohort)
        self._index = revision, model_id, index
        return index

    def _choose(self, photo: EnrolmentPhoto, picture: Picture, face: Face | Box | int) -> EnrolmentPhoto:
        """The picture with the face that is meant. Raises PictureError where there is no such face."""
        pixels = read_picture(picture)
        if isinstance(face, int):
            faces = find(pixels, models=self.models)
            if not 0 <= face < len(faces):
                raise PictureError(f"face: expected one of {list_faces(faces)}, got {face}")
            face = faces[face]
        box = face.box if isinstance(face, Face) else tuple(map(float, face))
        if len(box) != 4 or not all(map(math.isfinite, box)):
            raise PictureError(f"face: expected a Face, a number, or a box x0, y0, x1, y1, got {face!r}")
        x0, y0, x1, y1 = box
        return replace(photo, pixels=pixels, box=(x0, y0, x1, y1))

    def _revision(self, version: int) -> _Revision:
        if not isinstance(self._place, Path):
            return _Revision(0, 0, version)
        state = os.stat(self._place)
        return _Revision(state.st_dev, state.st_ino, version)

    def _open(self, *, create: bool = False, read_only: bool = False) -> Store:
        with translate(GalleryError, missing=GalleryMissingError):
            return Store(self._place, create=create, read_only=read_only)

    @contextmanager
    def _changing(self, *names: str, read_only: bool = False) -> Iterator[Store]:
        """The open file, for a change of these people."""
        try:
            with translate(GalleryError, missing=GalleryMissingError, busy=GalleryBusyError):
                with self._open(read_only=read_only) as store:
                    yield store
        except KeyError as error:
            if isinstance(error, PersonMissingError):
                raise
            raise self._missing(next((name for name in names if name not in self), names[0])) from None

    def _missing(self, name: str) -> PersonMissingError:
        near = nearest_name(name, [person.name for person in self.people])
        advice = f"; did you mean {near!r}?" if near else ""
        return PersonMissingError(f"person {name!r}: not enrolled in {self.path}{advice}")


def _advise(outcome: Outcome) -> Outcome:
    """An outcome that says how to choose, where a picture was refused because of several faces."""
    if outcome.verdict is not Verdict.REFUSED or len(outcome.boxes) < 2 or outcome.turned:
        return outcome
    boxes = ", ".join("({})".format(", ".join(f"{value:.0f}" for value in box)) for box in outcome.boxes)
    return replace(outcome, reason=f"{outcome.reason}; or give face= one of the boxes {boxes}")


def _flatten(pictures: Iterable[Picture | Iterable[Picture]]) -> Iterator[Picture]:
    """Pictures of lists, tuples, generators and the like one by one."""
    for given in pictures:
        if isinstance(given, _ONE_PICTURE) or not isinstance(given, Iterable):
            yield given
        else:
            yield from given


def _photo(name: str, picture: Picture) -> EnrolmentPhoto:
    """A picture as the enrolment takes it. Raises PictureError for one that cannot be meant."""
    if not isinstance(picture, str | os.PathLike):
        pixels = read_picture(picture)
        label = f"pixels-{hashlib.sha256(pixels.tobytes()).hexdigest()[:12]}"
        return EnrolmentPhoto(Path(), name, label, pixels=pixels)
    path = Path(picture).expanduser()
    if path.is_dir():
        raise PictureError(f"picture {path}: expected a file, got a folder; enroll_folder takes those")
    if not path.exists():
        raise PictureMissingError(f"picture {path}: no such file")
    return EnrolmentPhoto(path, name, path.name)
