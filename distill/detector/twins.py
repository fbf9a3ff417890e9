"""Finds training pictures that show what a held-out picture shows: the same photograph stored twice, or its neighbour.

The hash that splits the sets sees bytes only. Packs from different collections share photographs, at other sizes and
compressions, so pictures are compared by small grey copies.
"""

from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np

from detectors.arrays import Float32, Image
from distill.data.sources import read_pictures
from distill.detector.split import Part, part_of

THUMBNAIL_PX = 16
SAME_PICTURE = 0.98  # correlation of two grey copies; different pictures of one street reach 0.97
FLAT = 1.0  # norm of a copy without any structure, which is like no other


class HeldOutPictures:
    """Grey copies of all held-out pictures."""

    def __init__(self, images: Iterable[Image]) -> None:
        """images: BGR uint8 (H,W,3), of any size."""
        rows = [_thumbnail(image) for image in images]
        self._rows = np.array(rows, np.float32).reshape(-1, THUMBNAIL_PX**2)

    @classmethod
    def read(cls, sources: Iterable[Path]) -> "HeldOutPictures":
        """The held-out pictures of folders or zip files."""
        pictures = (picture for source in sources for picture in read_pictures(source))
        held_out = (picture.decode() for picture in pictures if part_of(picture.data) is Part.HELD_OUT)
        return cls(image for image in held_out if image is not None)

    def show(self, image: Image) -> bool:
        """Whether a held-out picture shows the same as this one, BGR uint8 (H,W,3)."""
        return bool((self._rows @ _thumbnail(image)).max(initial=0) >= SAME_PICTURE)


def _thumbnail(image: Image) -> Float32:
    """A grey copy without its mean, of length 1 (0 for a flat picture): float32 (THUMBNAIL_PX²,)."""
    grey = cv2.cvtColor(np.ascontiguousarray(image), cv2.COLOR_BGR2GRAY)
    small = cv2.resize(grey, (THUMBNAIL_PX, THUMBNAIL_PX), interpolation=cv2.INTER_AREA)
    row = small.astype(np.float32).ravel()
    row -= row.mean()
    norm = float(np.linalg.norm(row))
    return np.asarray(row / norm if norm > FLAT else row * 0, np.float32)
