"""Decodes what may be learnt from, once: photographs into banks, aligned faces into one file of equal rows.

The surprising decision: what is held out is not even written. A set that is not in the work folder cannot leak.
"""

import json
import zipfile
from itertools import islice
from pathlib import Path

import cv2
import numpy as np

from distill.data.sources import Picture, read_pictures
from distill.data.store import FACE_SIDE_PX, RowFile, write_atomic
from distill.detector.config import DetectorSettings, FaceSource, SceneSource
from distill.detector.photo_set import Bank, Scene
from distill.detector.split import Part, part_of
from distill.errors import DistillError
from distill.progress import Log, Progress

CHUNK = 512
Drawn = dict[str, tuple[tuple[float, float, float, float], ...]]


def prepare(settings: DetectorSettings, log: Log) -> None:
    """Fill the work folder; a set that is there whole is left alone. Raises DistillError, FileNotFoundError."""
    work = Path(settings.work)
    for scenes in settings.scenes:
        bank = Bank(work / "scenes", Path(scenes.path).stem)
        if not bank.done:
            log.write("prepare", set=bank.name, **_fill(bank, scenes))
    for faces in settings.faces:
        if not _mark(work, faces).exists():
            log.write("prepare", set=Path(faces.path).stem, faces=_take_faces(work, faces))


def chips(work: Path, source: FaceSource) -> RowFile:
    """The learnable faces of a source: BGR uint8 (N,112,112,3), ArcFace template."""
    return RowFile(work / "faces" / f"{Path(source.path).stem}.raw", np.uint8, (FACE_SIDE_PX, FACE_SIDE_PX, 3))


def banks(settings: DetectorSettings) -> list[Bank]:
    """The prepared sets, in the configuration's order. Raises DistillError where one is missing."""
    found = [Bank(Path(settings.work) / "scenes", Path(source.path).stem) for source in settings.scenes]
    if missing := [bank.name for bank in found if not bank.done]:
        raise DistillError(f"scenes: {', '.join(missing)} not prepared; run the stage prepare first")
    return found


def drawn_boxes(source: SceneSource) -> Drawn:
    """The boxes people drew, by picture. Raises DistillError where the file is not in the source."""
    if not source.boxes:
        return {}
    path = Path(source.path)
    try:
        raw = zipfile.ZipFile(path).read(source.boxes) if path.is_file() else (path / source.boxes).read_bytes()
    except (OSError, KeyError):
        raise DistillError(f"scenes.boxes: expected {source.boxes} in {path.name}") from None
    return {name: tuple(tuple(row[:4]) for row in rows) for name, rows in json.loads(raw).items()}


def _fill(bank: Bank, source: SceneSource) -> dict[str, int]:
    """Decode a set; returns how many pictures each part has."""
    drawn, scenes, counts, offset = drawn_boxes(source), [], {part.value: 0 for part in Part}, 0
    bank.raw.parent.mkdir(parents=True, exist_ok=True)
    with bank.raw.open("wb") as file, Progress(bank.name, unit="pictures") as progress:
        for number, picture in enumerate(read_pictures(Path(source.path)), 1):
            part = part_of(picture.data)
            counts[part] += 1
            image = picture.decode() if part is not Part.HELD_OUT else None
            if image is not None:
                file.write(np.ascontiguousarray(image).tobytes())
                height, width = image.shape[:2]
                scenes.append(Scene(picture.name, part, offset, height, width, drawn.get(picture.name, ())))
                offset += image.size
            progress.at(number)
    bank.finish(scenes)
    return counts


def _take_faces(work: Path, source: FaceSource) -> int:
    """Decode a source's learnable faces in chunks; a source cut short begins again."""
    rows = chips(work, source)
    rows.truncate(0)
    learnable = (one for one in read_pictures(Path(source.path)) if part_of(one.data) is Part.LEARN)
    usable = islice(learnable, source.limit or None)
    with Progress(rows.path.stem, unit="faces") as progress:
        while found := [chip for picture in islice(usable, CHUNK) if (chip := _chip(picture)) is not None]:
            rows.append(np.asarray(found, np.uint8))
            progress.at(len(rows))
    write_atomic(_mark(work, source), b"done\n")
    return len(rows)


def _chip(picture: Picture) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]] | None:
    image = picture.decode()
    if image is None or image.shape[0] != image.shape[1]:
        return None
    if image.shape[0] != FACE_SIDE_PX:
        image = np.asarray(cv2.resize(image, (FACE_SIDE_PX, FACE_SIDE_PX), interpolation=cv2.INTER_AREA), np.uint8)
    return image


def _mark(work: Path, source: FaceSource) -> Path:
    rows = chips(work, source)
    return rows.path.with_suffix(f".{source.limit or 'all'}.done")
