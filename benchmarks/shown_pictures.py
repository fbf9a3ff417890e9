"""Portraits to show to a camera and scenes to stand in front of: from zips, or those of the project."""

import zipfile
from pathlib import Path

from benchmarks.shown_faces import Portrait, read_portrait
from detectors.arrays import Image
from detectors.load import EMBEDDED, load_detector
from detectors.pictures import decode_picture
from detectors.runtime import Runtime

ROOT = Path(__file__).parents[1]
HALVES = {"even": 0, "odd": 1}
MIN_SOURCE_PX = 90  # height of a face in a portrait that is worth showing
MAX_SCENES = 60


def read_portraits(archive: Path | None, *, half: str, most: int) -> list[Portrait]:
    """Portraits with a large face, of one half of a zip, or of docs/faces and docs/walkers."""
    detector = load_detector(EMBEDDED, runtime=Runtime(), score=0.5, every_size=True)
    files = [*(ROOT / "docs" / "faces").iterdir(), *(ROOT / "docs" / "walkers").iterdir()]
    pictures = _unzip(archive) if archive else [(path.name, path.read_bytes()) for path in sorted(files)]
    found: list[Portrait] = []
    for name, data in pictures[HALVES[half] :: 2]:
        photo = decode_picture(data)
        portrait = None if photo is None else read_portrait(name, photo, detector)
        if portrait is not None and portrait.box[3] - portrait.box[1] >= MIN_SOURCE_PX:
            found.append(portrait)
        if len(found) == most:
            break
    return found


def read_scenes(archive: Path | None) -> list[Image]:
    """Pictures to stand in front of; empty: a painted hall."""
    decoded = [decode_picture(data) for _, data in _unzip(archive)[:MAX_SCENES]] if archive else []
    return [picture for picture in decoded if picture is not None]


def _unzip(archive: Path) -> list[tuple[str, bytes]]:
    with zipfile.ZipFile(archive) as files:
        names = sorted(name for name in files.namelist() if name.endswith((".webp", ".jpg", ".png")))
        return [(name, files.read(name)) for name in names]
