"""Reads the tracks of a site from a folder: who came when, and how they looked near and far.

FOLDER/TRACK/SECONDS_PX.png (or .jpg) is one look: a square picture of the face, aligned to the ArcFace template as
recognisers get it, its time (Unix seconds) and its height in pixels. FOLDER/tracks.csv, with the columns `track` and
`person`, says which tracks show one person, and its column `known` how that is known. `glimpse history crops` writes
such a folder.
"""

import csv
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from detectors.arrays import Image
from detectors.pictures import decode_picture
from distill.errors import DistillError
from distill.progress import Progress

SUFFIXES = {".png", ".jpg", ".jpeg"}
LIST = "tracks.csv"
LEAST_SIDE = 8  # pixels of a picture
CERTAIN = ("enrolled", "confirmed")  # a picture of enrolment; an operator said it
KNOWN = (*CERTAIN, "named", "grouped", "")  # a recogniser named it, or put it to an unknown person; nothing is said


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """One view of a face: an aligned picture BGR uint8 (S,S,3), the face's height in pixels, and Unix seconds.

    track: of which it is.  known: how it is known that this track is the person's, one of KNOWN.
    """

    picture: Image
    px: float
    time: float
    track: str = ""
    known: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Visitor:
    """Somebody who was seen, in one track or in several that are known to be of one person; looks in order of time."""

    name: str
    looks: tuple[Look, ...]

    @property
    def first_seen(self) -> float:
        """Unix seconds."""
        return self.looks[0].time

    def near(self, px: float) -> tuple[Look, ...]:
        """The looks at faces of this height or more, the largest first."""
        return tuple(sorted((look for look in self.looks if look.px >= px), key=lambda look: -look.px))

    def far(self, px: float) -> tuple[Look, ...]:
        """The looks at faces of this height or less."""
        return tuple(look for look in self.looks if look.px <= px)


def read_visitors(folder: Path) -> list[Visitor]:
    """Everybody who was seen, in order of their first look. Raises DistillError that names what does not fit."""
    if not folder.is_dir():
        raise DistillError(f"{folder}: no such folder of tracks")
    people = _read_people(folder / LIST)
    tracks = [path for path in sorted(folder.iterdir()) if path.is_dir()]
    found: dict[str, list[Look]] = {}
    with Progress("read", unit="tracks", total=len(tracks)) as progress:
        for done, track in enumerate(tracks, 1):
            said = people.get(track.name, _Said("", ""))
            found.setdefault(said.person or f"track {track.name}", []).extend(_read_track(track, said.known))
            progress.update(done)
    visitors = [
        Visitor(name, tuple(sorted(looks, key=lambda look: look.time))) for name, looks in found.items() if looks
    ]
    if not visitors:
        raise DistillError(f"{folder}: expected a folder for each track with pictures SECONDS_PX.png, found none")
    return sorted(visitors, key=lambda visitor: (visitor.first_seen, visitor.name))


class _Said(NamedTuple):
    person: str
    known: str


def _read_people(path: Path) -> dict[str, _Said]:
    """Who each track shows, by the track's name; tracks without a person are left out."""
    if not path.is_file():
        return {}
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file)
        if not {"track", "person"} <= set(rows.fieldnames or ()):
            raise DistillError(f"{path}: expected the columns track and person, got {', '.join(rows.fieldnames or ())}")
        said = {row["track"]: _Said(row["person"], row.get("known") or "") for row in rows if row["person"]}
    for track, one in said.items():
        if one.known not in KNOWN:
            expected = ", ".join(name for name in KNOWN if name)
            raise DistillError(f"{path}: expected {expected} or nothing as known of {track}, got {one.known!r}")
    return said


def _read_track(folder: Path, known: str) -> Iterator[Look]:
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() in SUFFIXES:
            yield _read_look(path, known)


def _read_look(path: Path, known: str) -> Look:
    time, px = _read_name(path)
    picture = decode_picture(path.read_bytes())
    if picture is None or picture.shape[0] != picture.shape[1] or len(picture) < LEAST_SIDE:
        got = "an unreadable file" if picture is None else f"{picture.shape[1]}x{picture.shape[0]} pixels"
        raise DistillError(f"{path}: expected a square picture of {LEAST_SIDE} pixels or more, got {got}")
    return Look(picture, px, time, path.parent.name, known)


def _read_name(path: Path) -> tuple[float, float]:
    seconds, _, px = path.stem.partition("_")
    try:
        time, height = float(seconds), float(px)
    except ValueError:
        time = height = math.nan
    if not (math.isfinite(time) and math.isfinite(height) and height > 0):
        raise DistillError(f"{path}: expected a name SECONDS_PX, such as 1764240012.4_31.5{path.suffix}")
    return time, height
