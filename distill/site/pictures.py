"""Aligned pictures at the size a recogniser takes, and what it reads in them."""

from collections.abc import Sequence
from functools import partial

import cv2
import numpy as np

from detectors.arrays import Chips, Float32, Image
from distill.site.visitors import Look
from recognizer.base import Readings, Recognizer
from recognizer.enrolled import read_enrolled
from recognizer.preprocess import l2_normalise
from recognizer.spec import ChipSpec

BATCH = 64


def fit(picture: Image, size: int) -> Image:
    """An aligned picture at another size: shrunk by area, enlarged by cubic interpolation."""
    if len(picture) == size:
        return picture
    kernel = cv2.INTER_AREA if len(picture) > size else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(picture, (size, size), interpolation=kernel), np.uint8)


def fit_all(pictures: Sequence[Image], size: int) -> Chips:
    """The same for several: BGR uint8 (N,size,size,3)."""
    return np.stack([fit(picture, size) for picture in pictures])


def read_looks(recognizer: Recognizer, looks: Sequence[Look]) -> Readings:
    """What a recogniser reads in looks, each by the member that suits its height, in their order."""
    vectors = np.zeros((len(looks), recognizer.dim), np.float32)
    lengths = np.full(len(looks), np.nan, np.float32)
    for spec, rows in _by_member(recognizer, looks):
        for start in range(0, len(rows), BATCH):
            part = rows[start : start + BATCH]
            found = recognizer.read(fit_all([looks[row].picture for row in part], spec.size))
            vectors[part], lengths[part] = found.vectors, found.lengths
    return Readings(vectors, lengths)


def enrol(recognizer: Recognizer, looks: Sequence[Look]) -> Float32:
    """The vectors (N,D) that a gallery would hold of each of these looks."""
    vectors = np.zeros((len(looks), recognizer.dim), np.float32)
    for _, rows in _by_member(recognizer, looks):
        for start in range(0, len(rows), BATCH):
            part = rows[start : start + BATCH]
            pictures = [looks[row].picture for row in part]
            vectors[part] = read_enrolled(recognizer, looks[part[0]].px, partial(_cut, pictures)).vectors
    return vectors


def _cut(pictures: Sequence[Image], spec: ChipSpec) -> Chips:
    return fit_all(pictures, spec.size)


def read_sharp(recognizer: Recognizer, faces: Sequence[Image], px: float) -> Float32:
    """Vectors (N,D) of faces and of their mirror images together, by the member for this height."""
    chips = fit_all(faces, recognizer.spec_for(px).size)
    mirrored = np.ascontiguousarray(chips[:, :, ::-1])
    return l2_normalise(recognizer.embed(chips) + recognizer.embed(mirrored))


def _by_member(recognizer: Recognizer, looks: Sequence[Look]) -> list[tuple[ChipSpec, list[int]]]:
    rows: dict[int, list[int]] = {}
    specs: dict[int, ChipSpec] = {}
    for row, look in enumerate(looks):
        spec = recognizer.spec_for(look.px)
        specs[spec.size] = spec
        rows.setdefault(spec.size, []).append(row)
    return [(specs[size], own) for size, own in rows.items()]
