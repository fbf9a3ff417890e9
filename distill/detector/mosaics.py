"""Photographs shrunk until their faces have a wanted height, laid out on sheets: the same faces at each height.

The surprising decision: sheets of one size. All detectors then see one input shape, as from a camera, and a copy of
40 x 40 pixels does not become a picture of its own, mostly padding.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from detectors.arrays import Float32, Image, Mask
from distill.data.sources import read_pictures
from distill.detector.config import SceneSource
from distill.detector.prepare import drawn_boxes
from distill.detector.split import Part, part_of

SHEET = 640
GAP = 16
SHARP = 32  # pixels: the median face a photograph needs; smaller ones say little about what shrinking does
LIKE_MEDIAN = (0.8, 1.25)  # faces this near to their picture's median height count, the rest are left out


@dataclass(frozen=True)
class Shown:
    """A picture and its faces: boxes (N,4) to be found, points (N,5,2) or NaN, others (M,4) that do not count."""

    image: Image
    boxes: Float32
    points: Float32
    others: Float32


@dataclass
class Sheet:
    """One square picture of several, and what is on it, as in Shown."""

    image: Image
    boxes: list[Float32] = field(default_factory=list)
    points: list[Float32] = field(default_factory=list)
    others: list[Float32] = field(default_factory=list)
    pictures: int = 0


def shown(image: Image, boxes: Float32, points: Float32 | None = None, others: Float32 | None = None) -> Shown:
    """A picture whose missing landmarks and other faces are filled in."""
    unknown = np.full((len(boxes), 5, 2), np.nan, np.float32)
    none = np.zeros((0, 4), np.float32)
    return Shown(image, boxes, unknown if points is None else points, none if others is None else others)


def shrunk(photographs: Iterable[Shown], height: int) -> Iterator[Shown]:
    """Copies whose median face has `height`, where it is SHARP and no lower than that: copies are never enlarged."""
    for photograph in photographs:
        heights = photograph.boxes[:, 3] - photograph.boxes[:, 1]
        if not len(heights) or np.median(heights) < max(SHARP, height):
            continue
        share = heights / np.median(heights)
        counts = (share >= LIKE_MEDIAN[0]) & (share <= LIKE_MEDIAN[1])
        yield _resized(photograph, height / float(np.median(heights)), counts)


def _resized(photograph: Shown, factor: float, counts: Mask) -> Shown:
    image = photograph.image
    size = (max(1, round(image.shape[1] * factor)), max(1, round(image.shape[0] * factor)))
    scale = np.array([size[0] / image.shape[1], size[1] / image.shape[0]], np.float32)
    small = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
    others = np.concatenate([photograph.boxes[~counts], photograph.others]) * np.tile(scale, 2)
    return Shown(small, photograph.boxes[counts] * np.tile(scale, 2), photograph.points[counts] * scale, others)


def fitted(photograph: Shown) -> Shown:
    """The picture itself, shrunk only where larger than a sheet."""
    factor = min(1.0, SHEET / max(photograph.image.shape[:2]))
    return photograph if factor == 1 else _resized(photograph, factor, np.ones(len(photograph.boxes), np.bool_))


def laid_out(pictures: Iterable[Shown]) -> Iterator[Sheet]:
    """Rows of pictures, tallest first and otherwise in their order, a gap of grey between them."""
    sheet, x, y, row = _new(), 0, 0, 0
    for picture in sorted(pictures, key=lambda one: -one.image.shape[0]):
        height, width = picture.image.shape[:2]
        if x + width > SHEET:
            x, y, row = 0, y + row + GAP, 0
        if y + height > SHEET:
            yield sheet
            sheet, x, y, row = _new(), 0, 0, 0
        sheet.image[y : y + height, x : x + width] = picture.image
        at = np.array([x, y], np.float32)
        sheet.boxes.extend(picture.boxes + np.tile(at, 2))
        sheet.points.extend(picture.points + at)
        sheet.others.extend(picture.others + np.tile(at, 2))
        sheet.pictures += 1
        x, row = x + width + GAP, max(row, height)
    if sheet.pictures:
        yield sheet


def _new() -> Sheet:
    return Sheet(np.full((SHEET, SHEET, 3), 114, np.uint8))


def photographs(source: SceneSource, parts: Iterable[Part] = tuple(Part)) -> Iterator[Shown]:
    """The photographs of a set that are of these parts, with the boxes people drew, sorted by name."""
    drawn, wanted = drawn_boxes(source), set(parts)
    for picture in sorted(read_pictures(Path(source.path)), key=lambda one: one.name):
        if part_of(picture.data) in wanted and (image := picture.decode()) is not None:
            yield shown(image, np.array(drawn.get(picture.name, ()), np.float32).reshape(-1, 4))
