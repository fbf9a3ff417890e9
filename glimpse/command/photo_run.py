"""`glimpse run` on photographs: each face is judged on its own, and nothing is followed from picture to picture."""

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Literal

from rich.console import Console

from detectors.pictures import PICTURE_SUFFIXES, names_camera, read_size
from detectors.pictures import PictureError as DecodeError
from glimpse.command.new_command import DONE, FAILED, write_json
from glimpse.command.photo_answers import face_as_object, print_photos, print_sorted
from glimpse.errors import PictureError
from glimpse.faces import Face, find
from glimpse.models import Models
from glimpse.people import Gallery
from glimpse.photos import judge_photos, list_photos, remove_sorted
from glimpse.site_models import SiteModels
from pipeline.capture.source_folder import VIDEO_SUFFIXES
from pipeline.logs.open_log import announce
from pipeline.parts.law_notice import law_notice
from pipeline.settings.flags import CommandLine
from pipeline.settings.types import Settings
from pipeline.sinks.report.folder import claim_folder

LOOKED_AT = 100  # pictures of a folder whose sizes are compared
TAKEN_AS_FRAMES = (
    "These pictures are numbered and of one size: they are followed as the frames of a film. For photographs, add "
    "--as photos."
)
NO_GALLERY = (
    "Nothing is compared: no gallery was given. Enrol people with glimpse enroll, then give --gallery people.db."
)


def picture_kind(sources: Sequence[str]) -> Literal["photos", "frames", ""]:
    """Photographs, or the frames of a film, which are numbered, of one size and of no camera; empty for other sources.

    Cameras number photographs too, but write their name into them (EXIF tag Make).
    """
    paths = [Path(source).expanduser() for source in sources]
    if not paths or not all(map(_may_be_photos, paths)) or any(map(_holds_videos, paths)):
        return ""
    pictures = list_photos(paths)
    names = {re.sub(r"\d+", "#", picture.stem) for picture in pictures}
    if len(pictures) == 1 or len(names) > 1 or len(set(_sizes(pictures[:LOOKED_AT]))) > 1:
        return "photos"
    return "photos" if any(map(names_camera, pictures[:LOOKED_AT])) else "frames" if pictures else ""


def run_photos(settings: Settings, line: CommandLine) -> int:
    """Print who is in each photograph; with --report, also sort them into the folder of this run, with people.csv."""
    sources, outputs = line.options.source, line.options
    models = SiteModels(settings)
    if not settings.gallery:
        return _print_faces(sources, models, as_json=outputs.json)
    people = Gallery(settings.gallery, models=models, create=False)
    if not outputs.json and (notice := law_notice(settings.gallery)):
        announce(notice)
    photos = judge_photos(sources, people, min_px=settings.defaults.min_face_px)
    if outputs.report is None:
        return print_photos(photos, as_json=outputs.json)
    list_photos(sources)  # before a folder is made for them
    with claim_folder(outputs.report, overwrite=outputs.overwrite) as folder:
        if outputs.overwrite:
            remove_sorted(folder)
        return print_sorted(photos, folder, as_json=outputs.json)


def _print_faces(sources: Sequence[str], models: Models, *, as_json: bool) -> int:
    """Where the faces are, of photographs that are compared with nobody."""
    console, read = Console(soft_wrap=True, highlight=False, markup=False), 0
    for path in list_photos(sources):
        try:
            faces, fault = find(path, models=models), ""
        except PictureError as error:
            faces, fault = [], str(error).removeprefix(f"picture {path}: ")
        read += not fault
        if as_json:
            write_json({"picture": str(path), "error": fault, "faces": [face_as_object(face) for face in faces]})
        else:
            console.print(f"{path}: {fault or _list_faces(faces)}")
    announce(NO_GALLERY)
    return DONE if read else FAILED


def _list_faces(faces: Sequence[Face]) -> str:
    sizes = ", ".join(f"{face.px:.0f} px at {face.box[0]:.0f},{face.box[1]:.0f}" for face in faces)
    return f"{len(faces)} face{'s' * (len(faces) != 1)}: {sizes}" if faces else "no face"


def _may_be_photos(path: Path) -> bool:
    return path.is_dir() or (path.is_file() and path.suffix.lower() in PICTURE_SUFFIXES)


def _holds_videos(path: Path) -> bool:
    files = path.rglob("*") if path.is_dir() else iter([path])
    return any(file.suffix.lower() in VIDEO_SUFFIXES for file in islice(files, 10_000))


def _sizes(pictures: Sequence[Path]) -> Iterator[tuple[int, int]]:
    """Width and height of those that can be read."""
    for path in pictures:
        try:
            yield read_size(path.read_bytes())
        except (DecodeError, OSError):
            continue
