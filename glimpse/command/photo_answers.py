"""Prints who is in photographs: a line for each face for people, an object for each photograph for programs."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from glimpse.command.new_command import DONE, FAILED, write_json
from glimpse.faces import Face
from glimpse.identity import Identity
from glimpse.photos import TABLE, Photo, sort_photos
from pipeline.capture.source_folder import VIDEO_SUFFIXES
from recognizer.base import State

STYLES = {State.NAMED: "green", State.CANDIDATE: "yellow", State.AMBIGUOUS: "yellow", State.UNKNOWN: "dim"}


def print_photos(photos: Iterable[Photo], *, as_json: bool) -> int:
    """Print them as they come; returns the exit code: FAILED where not a single photograph could be read."""
    console = Console(soft_wrap=True, highlight=False)
    read = 0
    for photo in photos:
        read += not photo.error
        if as_json:
            write_json(as_object(photo))
        else:
            _print(photo, console)
    return DONE if read else FAILED


def print_sorted(photos: Iterable[Photo], folder: Path, *, as_json: bool) -> int:
    """Sort photographs into a new folder by person, then print them and where they lie; returns the exit code."""
    seen = list(photos)
    counts = sort_photos(seen, folder)
    code = print_photos(seen, as_json=as_json)
    if not as_json:
        places = ", ".join(f"{number} {name}" for name, number in Counter(counts).most_common())
        text = f"sorted into {folder}: {places}; every face is in {folder / TABLE}"
        Console(soft_wrap=True, highlight=False, markup=False).print(text)
    return code


def as_object(photo: Photo) -> dict[str, Any]:
    """A photograph as plain data: its path, its error, and each face with its box in pixels and who it is."""
    faces = [
        face_as_object(face) | _identity(identity) for face, identity in zip(photo.faces, photo.identities, strict=True)
    ]
    return {"picture": str(photo.path), "error": photo.error, "faces": faces}


def face_as_object(face: Face) -> dict[str, Any]:
    """Where a face is, as plain data, in pixels of the upright picture."""
    return {"box": [round(float(value), 1) for value in face.box], "face_px": round(face.px, 1)}


def _identity(identity: Identity) -> dict[str, Any]:
    plain = {"name": identity.name, "state": identity.state.value, "reason": identity.reason}
    figures = {name: round(getattr(identity, name), 4) for name in ("score", "threshold", "margin", "confidence")}
    candidates = [{"name": each.name, "score": round(each.score, 4)} for each in identity.candidates]
    return plain | figures | {"candidates": candidates}


def _fault(photo: Photo) -> str:
    is_video = photo.error and photo.path.suffix.lower() in VIDEO_SUFFIXES
    return f"{photo.error}; search a recording with glimpse run {photo.path}" if is_video else photo.error


def _print(photo: Photo, console: Console) -> None:
    if photo.error or not photo.faces:
        console.print(Text.assemble(f"{photo.path}: ", (_fault(photo) or "no face", "red" if photo.error else "dim")))
    for face, identity in zip(photo.faces, photo.identities, strict=True):
        place = f"{photo.path}: face of {face.px:.0f} px at {face.box[0]:.0f},{face.box[1]:.0f}: "
        console.print(Text.assemble(place, (str(identity), STYLES[identity.state])))
