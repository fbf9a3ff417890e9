"""What training pictures are cut from: photographs in halved sizes, their labelled faces, and aligned faces to paste.

The surprising decision: halved copies are kept. Most photographs are portraits, and to make a face of 10 px of one of
300 costs a hundred times more from the original than from the copy of a quarter.
"""

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import cv2
import numpy as np

from detectors.arrays import Float32, Float64, Image, Index
from distill.detector.config import DetectorSettings
from distill.detector.label import read_labels
from distill.detector.photo_set import Bank, Face, Scene
from distill.detector.prepare import banks, chips
from distill.detector.split import Part
from distill.errors import DistillError

_HALVINGS = 3
_WEIGHT = 0.5  # a photograph of n faces is taken n to this power as often as one of a single face


@dataclass(frozen=True)
class Photograph:
    """A photograph and its labels. boxes float32 (N,4); points (N,5,2), NaN where unknown; ignore (M,4)."""

    bank: Bank
    scene: Scene
    boxes: Float32
    points: Float32
    ignore: Float32
    _halved: list[Image] = field(default_factory=list)

    def at(self, factor: float) -> tuple[Image, float]:
        """The smallest kept copy that `factor` still shrinks, and by how much it is smaller than the original."""
        wanted = min(_HALVINGS, max(0, int(np.floor(-np.log2(factor))))) if factor < 1 else 0
        while len(self._halved) < wanted:
            above = self._halved[-1] if self._halved else self.bank.pixels(self.scene)
            size = (max(1, above.shape[1] // 2), max(1, above.shape[0] // 2))
            self._halved.append(np.asarray(cv2.resize(above, size, interpolation=cv2.INTER_AREA), np.uint8))
        image = self._halved[wanted - 1] if wanted else self.bank.pixels(self.scene)
        return image, image.shape[1] / self.scene.width


@dataclass(frozen=True)
class Library:
    """Photographs with faces, scenes without, and aligned faces by source."""

    peopled: list[Photograph]
    empty: list[Photograph]
    faces: list[Image]

    @cached_property
    def _odds(self) -> Float64:
        odds = np.array([len(photograph.boxes) for photograph in self.peopled], np.float64) ** _WEIGHT
        return np.asarray(odds.cumsum() / odds.sum())

    @cached_property
    def _chips(self) -> Index:
        return np.cumsum([len(rows) for rows in self.faces])

    def photograph(self, rng: np.random.Generator) -> Photograph:
        """One with faces, crowds a little more often than portraits."""
        return self.peopled[int(np.searchsorted(self._odds, rng.random(), side="right"))]

    def chip(self, rng: np.random.Generator) -> Image:
        """Any aligned face, BGR uint8 (112,112,3)."""
        number = int(rng.integers(self._chips[-1]))
        source = int(np.searchsorted(self._chips, number, side="right"))
        return np.asarray(self.faces[source][number - (self._chips[source - 1] if source else 0)], np.uint8)


def open_library(settings: DetectorSettings, part: Part = Part.LEARN) -> Library:
    """What may be learnt from. Raises DistillError where preparation or labelling has not finished."""
    peopled: list[Photograph] = []
    empty: list[Photograph] = []
    for bank, source in zip(banks(settings), settings.scenes, strict=True):
        labels = read_labels(bank)
        if len(labels) != len(bank.scenes):
            raise DistillError(f"{bank.name}: not labelled to its end; run the stage label first")
        for scene, one in zip(bank.scenes, labels, strict=True):
            photograph = _photograph(bank, scene, _printed(one.faces) if source.without_faces else one.faces)
            if scene.part is part and (source.without_faces or len(photograph.boxes)):
                (empty if source.without_faces else peopled).append(photograph)
    rows = [chips(Path(settings.work), source).array() for source in settings.faces]
    return Library(peopled, empty, [faces for faces in rows if len(faces)])


def _printed(faces: list[Face]) -> list[Face]:
    """Of a scene without faces: what both teachers see may be a face on a packet. What one sees is what to unlearn."""
    return [Face(face.box, ignore=True) for face in faces if not face.ignore]


def _photograph(bank: Bank, scene: Scene, faces: list[Face]) -> Photograph:
    sure = [face for face in faces if not face.ignore]
    points = np.full((len(sure), 5, 2), np.nan, np.float32)
    for number, face in enumerate(sure):
        if face.points:
            points[number] = face.points
    boxes = np.array([face.box for face in sure], np.float32).reshape(-1, 4)
    ignore = np.array([face.box for face in faces if face.ignore], np.float32).reshape(-1, 4)
    return Photograph(bank, scene, boxes, points, ignore)
