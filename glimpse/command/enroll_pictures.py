"""Finds the pictures that `glimpse enroll` is to enrol: folders, pictures, clips, a webcam, or tracks of a report."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from detectors.pictures import HAS_HEIF, HEIF_SUFFIXES, PICTURE_SUFFIXES, PictureError
from glimpse.command.enroll_frames import choose_frames
from pipeline.capture.devices import describe_devices, list_devices
from pipeline.capture.picture_file import read_source_picture
from pipeline.capture.sources import SourceKind, parse_source
from pipeline.capture.stream import MISSING_DEVICE
from pipeline.sinks.spreadsheet import ENCODING, cell_text
from recognizer.gallery.enroll import Enroller
from recognizer.gallery.folders import Photo, find_photos

WEBCAM_SECONDS = 5.0
_FORMULA_PREFIXES = ("'=", "'+", "'-", "'@", "'\t", "'\r")


def find_pictures(what: Sequence[str], name: str, enroller: Enroller) -> list[Photo]:
    """The pictures of folders and files. name: whose face they show; empty: folders and files are named for people.

    Raises FileNotFoundError for what does not exist, ValueError for a clip without a name, and for a folder that holds
    nothing.
    """
    return [photo for text in what for photo in _find(text, name, enroller)]


def webcam_pictures(webcam: str, name: str, enroller: Enroller, seconds: float) -> list[Photo]:
    """Frames of a webcam (0 or /dev/video0). Raises ValueError for what is no webcam."""
    (source, *more) = parse_source(webcam)
    if more or source.kind is not SourceKind.WEBCAM:
        raise ValueError(f"--webcam {webcam}: expected the number of a webcam, such as 0, or /dev/video0")
    photos = choose_frames(source, name, enroller, seconds=seconds)
    return [_list_devices(photo) if photo.fault == MISSING_DEVICE else photo for photo in photos]


def _list_devices(photo: Photo) -> Photo:
    return replace(photo, fault=f"{photo.fault}; {describe_devices(list_devices())}")


def report_pictures(report: Path, tracks: Sequence[str]) -> list[Photo]:
    """The best crop of each track that a report holds. tracks: TRACK=NAME, such as door-3=Ada, or 3=Ada.

    Raises FileNotFoundError for a folder without a report, ValueError for a track that is not in it.
    """
    table = report / "tracks.csv"
    if not table.is_file():
        raise FileNotFoundError(f"--from-report {report}: expected the folder of a report, found no tracks.csv in it")
    with table.open(newline="", encoding=ENCODING) as file:
        rows = list(csv.DictReader(file))
    return [_track_picture(report, rows, text) for text in tracks]


def with_heic_pixels(photo: Photo) -> Photo:
    """The photo with the pixels of a HEIC picture, read by FFmpeg, where nothing else is installed that reads it."""
    if HAS_HEIF or photo.fault or photo.note or photo.path.suffix.lower() not in HEIF_SUFFIXES:
        return photo
    try:
        return replace(photo, pixels=read_source_picture(photo.path))
    except PictureError as error:
        return replace(photo, fault=f"unreadable: {error}")


def _find(text: str, name: str, enroller: Enroller) -> Iterator[Photo]:
    path = Path(text).expanduser()
    if path.is_dir():
        yield from _named_folder(path, name) if name else find_photos(path)
    elif path.suffix.lower() in PICTURE_SUFFIXES and path.is_file():
        yield Photo(path, name or path.stem, path.name)
    else:
        yield from _clip_pictures(text, name, enroller)


def _named_folder(folder: Path, name: str) -> Iterator[Photo]:
    """All pictures of a folder and of the folders below it, as those of one person."""
    pictures = (path for path in sorted(folder.rglob("*")) if path.suffix.lower() in PICTURE_SUFFIXES)
    photos = [Photo(path, name, path.relative_to(folder).as_posix()) for path in pictures if path.is_file()]
    if not photos:
        raise ValueError(f"{folder}: expected pictures of {name}, found none")
    yield from photos


def _clip_pictures(text: str, name: str, enroller: Enroller) -> list[Photo]:
    sources = parse_source(text)
    if not name:
        raise ValueError(f"{text}: a clip does not say whose face it shows; give --name")
    return [photo for source in sources for photo in choose_frames(source, name, enroller)]


def _track_picture(report: Path, rows: Sequence[dict[str, str]], text: str) -> Photo:
    track, equals, name = text.partition("=")
    if not equals or not name.strip():
        raise ValueError(f"{text}: expected TRACK=NAME, such as door-3=Ada")
    found = [row for row in rows if track in (row["track"], _track_name(row))]
    if len(found) != 1:
        known = ", ".join(_track_name(row) for row in rows[:20]) or "none"
        raise ValueError(f"track {track}: expected one track of the report, got {len(found)}; it has {known}")
    source = f"{report.name}/{_track_name(found[0])}"
    if not found[0]["crop"]:
        return Photo(report, name, source, fault="the report keeps no crop of this track")
    return Photo(report / "faces" / Path(found[0]["crop"]).name, name, source)


def _track_name(row: dict[str, str]) -> str:
    return f"{cell_text(row['camera'])}-{row['track']}"
