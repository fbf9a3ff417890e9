"""Decoded photographs on disk, mapped into memory: a training picture takes one out in microseconds.

A set is a raw file of pixels and a JSON index; the index is written last and at once, so a set is there whole or not.
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import msgspec
import numpy as np

from detectors.arrays import Image
from distill.data.store import write_atomic
from distill.detector.split import Part


class Face(msgspec.Struct, frozen=True):
    """One face of a photograph. box: x1 y1 x2 y2. points: five x y, none where no teacher saw it. ignore: maybe a face,
    nothing is learnt there."""

    box: tuple[float, float, float, float]
    points: tuple[tuple[float, float], ...] = ()
    ignore: bool = False


class Scene(msgspec.Struct, frozen=True):
    """One photograph of a set: where its BGR pixels begin in the raw file, its size, and the boxes people drew."""

    name: str
    part: Part
    offset: int
    height: int
    width: int
    drawn: tuple[tuple[float, float, float, float], ...] = ()


@dataclass(frozen=True)
class Bank:
    """The photographs of one set."""

    folder: Path
    name: str

    @property
    def done(self) -> bool:
        """Whether the set was prepared to its end."""
        return self._index.exists()

    @cached_property
    def scenes(self) -> list[Scene]:
        """Every photograph that is not held out, in the set's own order."""
        return msgspec.json.decode(self._index.read_bytes(), type=list[Scene])

    @cached_property
    def _pixels(self) -> Image:
        return np.memmap(self.raw, np.uint8, "r") if self.raw.stat().st_size else np.zeros(0, np.uint8)

    @property
    def raw(self) -> Path:
        """The file of pixels."""
        return self.folder / f"{self.name}.raw"

    @property
    def _index(self) -> Path:
        return self.folder / f"{self.name}.json"

    def pixels(self, scene: Scene) -> Image:
        """BGR uint8 (H,W,3), read-only."""
        count = scene.height * scene.width * 3
        flat = self._pixels[scene.offset : scene.offset + count]
        return flat.reshape(scene.height, scene.width, 3)

    def finish(self, scenes: list[Scene]) -> None:
        """Write the index: the set is whole."""
        write_atomic(self._index, msgspec.json.encode(scenes))
