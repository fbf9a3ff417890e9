"""The material of training pictures: labelled photographs with and without faces, and aligned faces to paste.

Photographs are kept at half, a quarter and an eighth of their size too. Most are portraits: shrinking a face from 300
px to 10 px takes a hundred times longer from the original than from the small copy.
"""

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

from detectors.arrays import Float32, Float64, Image, Index
from distill.detector.config import DetectorSettings
from distill.detector.label import read_labels
from distill.detector.photo_set import FaceLabel, Photo, PhotoSet
from distill.detector.prepare import face_rows_of, open_photo_sets
from distill.detector.split import Part
from distill.errors import DistillError

PORTRAIT_PX = 100  # face height, pixels, from which a photograph can be enlarged to show parts of a face
_MAX_HALVINGS = 3
_FACE_COUNT_POWER = 0.5  # a photograph of n faces is drawn n to this power times as often as one of a single face


@dataclass(frozen=True)
class LabelledPhoto:
    """A photograph and its labels. boxes float32 (N,4); points (N,5,2), NaN where unknown; ignore (M,4)."""

    photo_set: PhotoSet
    photo: Photo
    boxes: Float32
    points: Float32
    ignore: Float32
    _halvings: list[Image] = field(default_factory=list)

    @property
    def image(self) -> Image:
        """The photograph, BGR uint8 (H,W,3), read-only."""
        return self.photo_set.pixels(self.photo)

    def at_scale(self, factor: float) -> tuple[Image, float]:
        """The smallest copy that need not be enlarged for `factor`, and the factor of that copy itself."""
        wanted = min(_MAX_HALVINGS, max(0, int(np.floor(-np.log2(factor))))) if factor < 1 else 0
        while len(self._halvings) < wanted:
            larger = self._halvings[-1] if self._halvings else self.image
            size = (max(1, larger.shape[1] // 2), max(1, larger.shape[0] // 2))
            self._halvings.append(np.asarray(cv2.resize(larger, size, interpolation=cv2.INTER_AREA), np.uint8))
        image = self._halvings[wanted - 1] if wanted else self.image
        return image, image.shape[1] / self.photo.width


@dataclass(frozen=True)
class TrainingData:
    """Photographs with faces, photographs without, and aligned faces, one array per source."""

    with_faces: list[LabelledPhoto]
    without_faces: list[LabelledPhoto]
    faces: list[Image]

    @cached_property
    def _cumulative_odds(self) -> Float64:
        odds = np.array([len(photo.boxes) for photo in self.with_faces], np.float64) ** _FACE_COUNT_POWER
        return np.asarray(odds.cumsum() / odds.sum())

    @cached_property
    def _face_ends(self) -> Index:
        return np.cumsum([len(rows) for rows in self.faces])

    @cached_property
    def portraits(self) -> list[LabelledPhoto]:
        """Photographs with a face of PORTRAIT_PX and more."""
        return [photo for photo in self.with_faces if (photo.boxes[:, 3] - photo.boxes[:, 1]).max() >= PORTRAIT_PX]

    def random_photo(self, rng: np.random.Generator) -> LabelledPhoto:
        """A photograph with faces; one with several is more likely than a portrait."""
        return self.with_faces[int(np.searchsorted(self._cumulative_odds, rng.random(), side="right"))]

    def random_face(self, rng: np.random.Generator) -> Image:
        """An aligned face, BGR uint8 (112,112,3)."""
        number = int(rng.integers(self._face_ends[-1]))
        source = int(np.searchsorted(self._face_ends, number, side="right"))
        return np.asarray(self.faces[source][number - (self._face_ends[source - 1] if source else 0)], np.uint8)


class HardNegative(NamedTuple):
    """A false alarm: which photograph without faces, the place in its pixels, and the scale it was seen at."""

    photo: int
    x: float
    y: float
    scale: float


def load_training_data(settings: DetectorSettings, part: Part = Part.TRAIN) -> TrainingData:
    """The photographs of one part and all faces. Raises DistillError unless preparation and labelling are finished."""
    with_faces: list[LabelledPhoto] = []
    without_faces: list[LabelledPhoto] = []
    for photo_set, source in zip(open_photo_sets(settings), settings.scenes, strict=True):
        labels = read_labels(photo_set)
        if len(labels) != len(photo_set.photos):
            raise DistillError(f"{photo_set.name}: not labelled to its end; run the stage label first")
        for photo, one in zip(photo_set.photos, labels, strict=True):
            faces = _ignore_printed_faces(one.faces) if source.without_faces else one.faces
            labelled = _with_arrays(photo_set, photo, faces)
            if photo.part is part and (source.without_faces or len(labelled.boxes)):
                (without_faces if source.without_faces else with_faces).append(labelled)
    rows = [face_rows_of(Path(settings.work), source).array() for source in settings.faces]
    return TrainingData(with_faces, without_faces, [faces for faces in rows if len(faces)])


def _ignore_printed_faces(faces: list[FaceLabel]) -> list[FaceLabel]:
    """Labels of a photograph without people.

    What both teachers found may be a face on a package, and is ignored. What one found is a false alarm, and remains
    background.
    """
    return [FaceLabel(face.box, ignore=True) for face in faces if not face.ignore]


def _with_arrays(photo_set: PhotoSet, photo: Photo, labels: list[FaceLabel]) -> LabelledPhoto:
    faces = [face for face in labels if not face.ignore]
    points = np.full((len(faces), 5, 2), np.nan, np.float32)
    for number, face in enumerate(faces):
        if face.points:
            points[number] = face.points
    boxes = np.array([face.box for face in faces], np.float32).reshape(-1, 4)
    ignore = np.array([face.box for face in labels if face.ignore], np.float32).reshape(-1, 4)
    return LabelledPhoto(photo_set, photo, boxes, points, ignore)
