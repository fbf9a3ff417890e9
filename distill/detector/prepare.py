"""Decodes training and validation pictures once: photographs into sets, aligned faces into files of equal rows.

Held-out pictures are not written, nor are pictures that show the same. What is not in the work folder cannot leak into
training.
"""

import json
import zipfile
from itertools import islice
from pathlib import Path

import cv2
import numpy as np

from detectors.arrays import Image
from distill.data.sources import Picture, read_pictures
from distill.data.store import FACE_SIDE_PX, RowFile, write_atomic
from distill.detector.config import DetectorSettings, FaceSource, SceneSource
from distill.detector.photo_set import Box, Photo, PhotoSet
from distill.detector.split import Part, part_of
from distill.detector.twins import HeldOutPictures
from distill.errors import DistillError
from distill.progress import Log, Progress

TWINS = "twins"
CHUNK = 512  # faces decoded before they are written


def prepare(settings: DetectorSettings, log: Log) -> None:
    """Fill the work folder; complete sets are kept. Raises DistillError, FileNotFoundError."""
    work = Path(settings.work)
    sets = [PhotoSet(work / "scenes", Path(scenes.path).stem) for scenes in settings.scenes]
    missing = [(one, scenes) for one, scenes in zip(sets, settings.scenes, strict=True) if not one.is_complete]
    held_out = HeldOutPictures.read(Path(scenes.path) for scenes in settings.scenes if missing)
    for photo_set, scenes in missing:
        log.write("prepare", set=photo_set.name, **_write_photos(photo_set, scenes, held_out))
    for faces in settings.faces:
        if not _done_file(work, faces).exists():
            log.write("prepare", set=Path(faces.path).stem, faces=_write_faces(work, faces))


def face_rows_of(work: Path, source: FaceSource) -> RowFile:
    """The training faces of a source: BGR uint8 (N,112,112,3), aligned to ArcFace's template."""
    return RowFile(work / "faces" / f"{Path(source.path).stem}.raw", np.uint8, (FACE_SIDE_PX, FACE_SIDE_PX, 3))


def open_photo_sets(settings: DetectorSettings) -> list[PhotoSet]:
    """The prepared sets, in the order of the configuration. Raises DistillError where one is missing."""
    found = [PhotoSet(Path(settings.work) / "scenes", Path(source.path).stem) for source in settings.scenes]
    if missing := [photo_set.name for photo_set in found if not photo_set.is_complete]:
        raise DistillError(f"scenes: {', '.join(missing)} not prepared; run the stage prepare first")
    return found


def read_drawn_boxes(source: SceneSource) -> dict[str, tuple[Box, ...]]:
    """The hand-drawn boxes of each picture, by its name. Raises DistillError where the file is not in the source."""
    if not source.boxes:
        return {}
    path = Path(source.path)
    try:
        raw = zipfile.ZipFile(path).read(source.boxes) if path.is_file() else (path / source.boxes).read_bytes()
    except (OSError, KeyError):
        raise DistillError(f"scenes.boxes: expected {source.boxes} in {path.name}") from None
    return {name: tuple(tuple(row[:4]) for row in rows) for name, rows in json.loads(raw).items()}


def _write_photos(photo_set: PhotoSet, source: SceneSource, held_out: HeldOutPictures) -> dict[str, int]:
    """Decode a set; returns the number of pictures of each part, and of twins of held-out ones, which are left out."""
    drawn, photos, offset = read_drawn_boxes(source), [], 0
    counts = {part.value: 0 for part in Part} | {TWINS: 0}
    photo_set.raw.parent.mkdir(parents=True, exist_ok=True)
    with photo_set.raw.open("wb") as file, Progress(photo_set.name, unit="pictures") as progress:
        for number, picture in enumerate(read_pictures(Path(source.path)), 1):
            part = part_of(picture.data)
            image = picture.decode() if part is not Part.HELD_OUT else None
            is_twin = image is not None and held_out.show(image)
            counts[TWINS if is_twin else part.value] += 1
            if image is not None and not is_twin:
                file.write(np.ascontiguousarray(image).tobytes())
                height, width = image.shape[:2]
                photos.append(Photo(picture.name, part, offset, height, width, drawn.get(picture.name, ())))
                offset += image.size
            progress.update(number)
    photo_set.write_index(photos)
    return counts


def _write_faces(work: Path, source: FaceSource) -> int:
    """Decode the training faces of a source from the start; returns their number."""
    rows = face_rows_of(work, source)
    rows.truncate(0)
    training = (picture for picture in read_pictures(Path(source.path)) if part_of(picture.data) is Part.TRAIN)
    limited = islice(training, source.limit or None)
    with Progress(rows.path.stem, unit="faces") as progress:
        while faces := [face for picture in islice(limited, CHUNK) if (face := _decode_face(picture)) is not None]:
            rows.append(np.asarray(faces, np.uint8))
            progress.update(len(rows))
    write_atomic(_done_file(work, source), b"done\n")
    return len(rows)


def _decode_face(picture: Picture) -> Image | None:
    """An aligned face at 112 pixels; None for a picture that is unreadable or not square."""
    image = picture.decode()
    if image is None or image.shape[0] != image.shape[1]:
        return None
    if image.shape[0] != FACE_SIDE_PX:
        image = np.asarray(cv2.resize(image, (FACE_SIDE_PX, FACE_SIDE_PX), interpolation=cv2.INTER_AREA), np.uint8)
    return image


def _done_file(work: Path, source: FaceSource) -> Path:
    """The empty file that marks a source as decoded with this limit."""
    return face_rows_of(work, source).path.with_suffix(f".{source.limit or 'all'}.done")
