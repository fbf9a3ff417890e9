"""Decoded photographs on disk, mapped into memory, so that reading one takes microseconds.

A set is a raw file of pixels and a JSON index. The index is written last and atomically: a set with an index is
complete.
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import msgspec
import numpy as np

from detectors.arrays import Image
from distill.data.store import write_atomic
from distill.detector.split import Part

Box = tuple[float, float, float, float]


class FaceLabel(msgspec.Struct, frozen=True):
    """One face of a photograph, in pixels of it.

    box: x1 y1 x2 y2. points: five landmarks, x y each; empty where no teacher found the face. ignore: it may be no
    face, and is left out of the losses.
    """

    box: Box
    points: tuple[tuple[float, float], ...] = ()
    ignore: bool = False


class Photo(msgspec.Struct, frozen=True):
    """One photograph of a set. offset: where its BGR pixels start in the raw file. drawn: hand-drawn boxes."""

    name: str
    part: Part
    offset: int
    height: int
    width: int
    drawn: tuple[Box, ...] = ()


@dataclass(frozen=True)
class PhotoSet:
    """The photographs of one source, without the held-out ones."""

    folder: Path
    name: str

    @property
    def is_complete(self) -> bool:
        """Whether the set was written to its end."""
        return self._index.exists()

    @cached_property
    def photos(self) -> list[Photo]:
        """Every photograph, in the order of the source."""
        return msgspec.json.decode(self._index.read_bytes(), type=list[Photo])

    @property
    def raw(self) -> Path:
        """The file of pixels."""
        return self.folder / f"{self.name}.raw"

    @property
    def _index(self) -> Path:
        return self.folder / f"{self.name}.json"

    @cached_property
    def _pixels(self) -> Image:
        return np.memmap(self.raw, np.uint8, "r") if self.raw.stat().st_size else np.zeros(0, np.uint8)

    def pixels(self, photo: Photo) -> Image:
        """BGR uint8 (H,W,3), read-only."""
        count = photo.height * photo.width * 3
        flat = self._pixels[photo.offset : photo.offset + count]
        return flat.reshape(photo.height, photo.width, 3)

    def write_index(self, photos: list[Photo]) -> None:
        """Write the index, which marks the set as complete."""
        write_atomic(self._index, msgspec.json.encode(photos))
