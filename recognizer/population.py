"""Faces of many people, for measuring a recogniser, shrunk as distance shrinks them.

The surprising decision: small crops are jittered, because a detector's landmarks on a 16-pixel face are a good half
pixel off, and a recogniser calibrated on perfect alignment would be judged too kindly.
"""

import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import cv2
import numpy as np

from detectors.arrays import Float32, Image
from detectors.pictures import PHOTO_SUFFIXES, decode_picture
from recognizer.base import Recognizer
from recognizer.chips import cut_chip
from recognizer.spec import aligned_landmarks

LANDMARK_JITTER = 0.03  # standard deviation of each landmark, share of the face height: YuNet-n's at 16 pixels
BORDER_SHARE = 0.25  # replicated rim, share of the size, so that enlarging does not mix in black


def read_people(source: Path) -> dict[str, list[Image]]:
    """Pictures by person from a folder or zip of `person/picture`, square and aligned to the ArcFace template.

    Raises ValueError when there are fewer than two people, FileNotFoundError for a missing source.
    """
    people: dict[str, list[Image]] = {}
    for name, data in _files(source):
        image = decode_picture(data)
        if image is not None:
            people.setdefault(name, []).append(image)
    if len(people) < 2:
        raise ValueError(f"data: expected folders of at least two people in {source}, got {len(people)}")
    return people


def shrink_face(picture: Image, px: int, *, jitter: float = 0.0, random: np.random.Generator) -> tuple[Image, Float32]:
    """The picture shrunk to a face `px` high by area averaging, and its landmarks (5,2) with Gaussian error.

    An aligned chip is about as wide as its face is high (`python -m benchmarks.track_similarity`), so the chip
    becomes `px` wide.
    """
    small = picture if len(picture) == px else cv2.resize(picture, (px, px), interpolation=cv2.INTER_AREA)
    rim = round(px * BORDER_SHARE)
    framed = cv2.copyMakeBorder(small, rim, rim, rim, rim, cv2.BORDER_REPLICATE)
    exact = aligned_landmarks(px) + rim
    return framed.astype(np.uint8), (exact + random.normal(0, jitter * px + 1e-12, (5, 2))).astype(np.float32)


def embed_shrunk(
    recognizer: Recognizer, pictures: list[Image], px: int, *, jitter: float = 0.0, seed: int = 0
) -> Float32:
    """Embed every picture as a face `px` high, float32 (N,dim)."""
    random = np.random.default_rng(seed)
    spec = recognizer.spec_for(px)
    parts = []
    for start in range(0, len(pictures), 64):
        views = [shrink_face(picture, px, jitter=jitter, random=random) for picture in pictures[start : start + 64]]
        parts.append(recognizer.embed(np.stack([cut_chip(image, points, spec) for image, points in views])))
    return np.concatenate(parts) if parts else np.zeros((0, recognizer.dim), np.float32)


def _files(source: Path) -> Iterator[tuple[str, bytes]]:
    if source.is_dir():
        for path in sorted(source.rglob("*")):
            if path.suffix.lower() in PHOTO_SUFFIXES:
                yield path.parent.name, path.read_bytes()
        return
    with zipfile.ZipFile(source) as archive:
        for name in sorted(archive.namelist()):
            if PurePosixPath(name).suffix.lower() in PHOTO_SUFFIXES and "/" in name:
                yield name.split("/")[-2], archive.read(name)
