"""Read the faces of many people and shrink them to camera size, to measure a recogniser.

The landmarks of small faces get a random error: on a 16-pixel face a detector is about half a pixel off, and
calibration on perfectly aligned faces would be too optimistic.
"""

import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import TypeVar

import cv2
import numpy as np

from detectors.arrays import Chips, Float32, Image
from detectors.pictures import PHOTO_SUFFIXES, decode_picture
from recognizer.base import Readings, Recognizer
from recognizer.chips import cut_chip
from recognizer.enrolled import read_enrolled
from recognizer.evidence import Evidence
from recognizer.lengths import LengthBand, length_weight
from recognizer.spec import ChipSpec, aligned_landmarks

Item = TypeVar("Item")

LANDMARK_JITTER = 0.03  # standard deviation as a share of the face height; that of YuNet-n at 16 px
CROP_SECONDS = 10.0  # between two pooled crops: only their vectors tell how far they repeat each other
BORDER_SHARE = 0.25  # width of the replicated rim as a share of the size; it keeps black out of enlarged chips


def read_people(source: Path) -> dict[str, list[Image]]:
    """Read square pictures aligned to the ArcFace template from a folder or zip of `person/picture`, by person.

    Raises ValueError for fewer than two people, FileNotFoundError for a missing source.
    """
    people: dict[str, list[Image]] = {}
    for name, data in _read_files(source):
        image = decode_picture(data)
        if image is not None:
            people.setdefault(name, []).append(image)
    if len(people) < 2:
        raise ValueError(f"data: expected folders of at least two people in {source}, got {len(people)}")
    return people


def read_pictures(source: Path, *, most: int = 0) -> list[Image]:
    """Pictures of a folder or zip without a folder for each person, in order of their names; one stranger each.

    most: read only so many, drawn at random; 0 for all.
    """
    return [picture for _, picture in read_named_pictures(source, most=most)]


def read_named_pictures(source: Path, *, most: int = 0) -> list[tuple[str, Image]]:
    """Pictures of a folder or zip, each with the name of the folder that it lies in. most: as in `read_pictures`."""
    pictures = ((name, decode_picture(data)) for name, data in _read_files(source, most=most))
    return [(name, picture) for name, picture in pictures if picture is not None]


def shrink_face(picture: Image, px: int, *, jitter: float = 0.0, random: np.random.Generator) -> tuple[Image, Float32]:
    """Shrink an aligned picture to a face height of `px` by area averaging.

    Returns the picture with a replicated rim, and its landmarks float32 (5,2) with Gaussian error. An aligned chip is
    about as wide as its face is high (`python -m benchmarks.track_similarity`), so the chip becomes `px` wide.
    """
    small = picture if len(picture) == px else cv2.resize(picture, (px, px), interpolation=cv2.INTER_AREA)
    rim = round(px * BORDER_SHARE)
    bordered = cv2.copyMakeBorder(small, rim, rim, rim, rim, cv2.BORDER_REPLICATE)
    landmarks = aligned_landmarks(px) + rim
    return bordered.astype(np.uint8), (landmarks + random.normal(0, jitter * px + 1e-12, (5, 2))).astype(np.float32)


def embed_shrunk(
    recognizer: Recognizer, pictures: list[Image], px: int, *, jitter: float = 0.0, seed: int = 0
) -> Float32:
    """The vectors that `read_shrunk` gives, float32 (N,dim)."""
    return read_shrunk(recognizer, pictures, px, jitter=jitter, seed=seed).vectors


def read_shrunk(
    recognizer: Recognizer, pictures: list[Image], px: int, *, jitter: float = 0.0, seed: int = 0
) -> Readings:
    """Shrink every picture to a face height of `px` and read it."""
    random = np.random.default_rng(seed)
    spec = recognizer.spec_for(px)
    batches = [Readings.without_lengths(np.zeros((0, recognizer.dim), np.float32))]
    for start in range(0, len(pictures), 64):
        views = [shrink_face(picture, px, jitter=jitter, random=random) for picture in pictures[start : start + 64]]
        batches.append(recognizer.read(np.stack([cut_chip(image, points, spec) for image, points in views])))
    return Readings(
        np.concatenate([batch.vectors for batch in batches]), np.concatenate([batch.lengths for batch in batches])
    )


def pool_crops(crops: Sequence[Readings], row: int, px: float, lengths: Sequence[LengthBand]) -> Evidence:
    """What a track knows after crops of one face height, taken far apart in time; `row` is its person in each."""
    evidence = Evidence()
    for number, crop in enumerate(crops):
        weight = length_weight(lengths, float(crop.lengths[row]), px)
        evidence.add(crop.vectors[row], weight=weight, face_px=px, time=number * CROP_SECONDS)
    return evidence


def count_pictures(source: Path) -> int:
    """How many pictures a folder or zip holds, without reading them."""
    if source.is_dir():
        return sum(path.suffix.lower() in PHOTO_SUFFIXES for path in source.rglob("*"))
    with zipfile.ZipFile(source) as archive:
        return sum(PurePosixPath(name).suffix.lower() in PHOTO_SUFFIXES for name in archive.namelist())


def embed_enrolled(recognizer: Recognizer, pictures: list[Image]) -> Float32:
    """Embed pictures of one size as enrolment does, at their full size (`read_enrolled`); float32 (N,dim)."""
    size = len(pictures[0])
    landmarks = aligned_landmarks(size).astype(np.float32)

    def read(batch: Sequence[Image]) -> Float32:
        def cut(spec: ChipSpec) -> Chips:
            return np.stack([cut_chip(picture, landmarks, spec) for picture in batch])

        return read_enrolled(recognizer, size, cut).vectors

    return np.concatenate([read(pictures[start : start + 64]) for start in range(0, len(pictures), 64)])


def _read_files(source: Path, *, most: int = 0) -> Iterator[tuple[str, bytes]]:
    """Folder and content of every picture, or of so many drawn at random."""
    if source.is_dir():
        paths = [path for path in sorted(source.rglob("*")) if path.suffix.lower() in PHOTO_SUFFIXES]
        for path in _draw(paths, most):
            yield path.parent.name, path.read_bytes()
        return
    with zipfile.ZipFile(source) as archive:
        names = [name for name in sorted(archive.namelist()) if PurePosixPath(name).suffix.lower() in PHOTO_SUFFIXES]
        for name in _draw([name for name in names if "/" in name], most):
            yield name.split("/")[-2], archive.read(name)


def _draw(items: list[Item], most: int) -> list[Item]:
    """All items, or so many of them in their order."""
    if not most or len(items) <= most:
        return items
    return [items[row] for row in sorted(np.random.default_rng(0).choice(len(items), most, replace=False))]
