"""Lays out shrunk photographs on mosaics of one size: the same faces at each face height.

All detectors then see one input shape, as from a camera, and a copy of 40x40 pixels does not become a picture of its
own that is mostly padding.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from detectors.arrays import Float32, Image, Mask
from distill.data.sources import read_pictures
from distill.detector.config import SceneSource
from distill.detector.prepare import read_drawn_boxes
from distill.detector.split import Part, part_of

MOSAIC_PX = 640
GAP_PX = 16
GREY = 114  # between the photographs
MIN_MEDIAN_PX = 32  # median face height a photograph needs: smaller faces say little about the effect of shrinking
NEAR_MEDIAN = (0.8, 1.25)  # faces with a height within these factors of their photograph's median are in the test


@dataclass(frozen=True)
class AnnotatedPhoto:
    """A picture, boxes (N,4) to find, their points (N,5,2) or NaN, and boxes (M,4) to ignore."""

    image: Image
    boxes: Float32
    points: Float32
    ignore: Float32


@dataclass
class Mosaic:
    """One square picture made of several, with lists of their annotations."""

    image: Image = field(default_factory=lambda: np.full((MOSAIC_PX, MOSAIC_PX, 3), GREY, np.uint8))
    boxes: list[Float32] = field(default_factory=list)
    points: list[Float32] = field(default_factory=list)
    ignore: list[Float32] = field(default_factory=list)
    pictures: int = 0

    def add(self, photo: AnnotatedPhoto, x: int, y: int) -> None:
        """Put a photograph with its upper left corner at x, y."""
        height, width = photo.image.shape[:2]
        self.image[y : y + height, x : x + width] = photo.image
        at = np.array([x, y], np.float32)
        self.boxes.extend(photo.boxes + np.tile(at, 2))
        self.points.extend(photo.points + at)
        self.ignore.extend(photo.ignore + np.tile(at, 2))
        self.pictures += 1


def annotate(
    image: Image, boxes: Float32, points: Float32 | None = None, ignore: Float32 | None = None
) -> AnnotatedPhoto:
    """A picture with its boxes (N,4); points default to unknown, and nothing is ignored by default."""
    unknown = np.full((len(boxes), 5, 2), np.nan, np.float32)
    nothing = np.zeros((0, 4), np.float32)
    return AnnotatedPhoto(image, boxes, unknown if points is None else points, nothing if ignore is None else ignore)


def shrink_to_height(photos: Iterable[AnnotatedPhoto], height: int) -> Iterator[AnnotatedPhoto]:
    """Copies with this median face height. Photographs with a median below it or MIN_MEDIAN_PX are left out."""
    for photo in photos:
        heights = photo.boxes[:, 3] - photo.boxes[:, 1]
        if not len(heights) or np.median(heights) < max(MIN_MEDIAN_PX, height):
            continue
        ratio = heights / np.median(heights)
        in_test = (ratio >= NEAR_MEDIAN[0]) & (ratio <= NEAR_MEDIAN[1])
        yield _resize(photo, height / float(np.median(heights)), in_test)


def shrink_to_mosaic(photo: AnnotatedPhoto) -> AnnotatedPhoto:
    """The photograph itself, shrunk only if it is larger than a mosaic."""
    factor = min(1.0, MOSAIC_PX / max(photo.image.shape[:2]))
    return photo if factor == 1 else _resize(photo, factor, np.ones(len(photo.boxes), np.bool_))


def _resize(photo: AnnotatedPhoto, factor: float, in_test: Mask) -> AnnotatedPhoto:
    """A smaller copy by area; boxes that are not in the test are ignored."""
    image = photo.image
    size = (max(1, round(image.shape[1] * factor)), max(1, round(image.shape[0] * factor)))
    scale = np.array([size[0] / image.shape[1], size[1] / image.shape[0]], np.float32)
    small = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
    ignore = np.concatenate([photo.boxes[~in_test], photo.ignore]) * np.tile(scale, 2)
    return AnnotatedPhoto(small, photo.boxes[in_test] * np.tile(scale, 2), photo.points[in_test] * scale, ignore)


def lay_out(photos: Iterable[AnnotatedPhoto]) -> Iterator[Mosaic]:
    """Mosaics with rows of photographs, tallest first and otherwise in their order."""
    mosaic, x, y, row_height = Mosaic(), 0, 0, 0
    for photo in sorted(photos, key=lambda one: -one.image.shape[0]):
        height, width = photo.image.shape[:2]
        if x + width > MOSAIC_PX:
            x, y, row_height = 0, y + row_height + GAP_PX, 0
        if y + height > MOSAIC_PX:
            yield mosaic
            mosaic, x, y, row_height = Mosaic(), 0, 0, 0
        mosaic.add(photo, x, y)
        x, row_height = x + width + GAP_PX, max(row_height, height)
    if mosaic.pictures:
        yield mosaic


def read_photos(source: SceneSource, parts: Iterable[Part] = tuple(Part)) -> Iterator[AnnotatedPhoto]:
    """The photographs of these parts with their hand-drawn boxes, sorted by name."""
    drawn, wanted = read_drawn_boxes(source), set(parts)
    for picture in sorted(read_pictures(Path(source.path)), key=lambda one: one.name):
        if part_of(picture.data) in wanted and (image := picture.decode()) is not None:
            yield annotate(image, np.array(drawn.get(picture.name, ()), np.float32).reshape(-1, 4))
