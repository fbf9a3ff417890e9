"""The people who may be shown: portraits with their mattes, docs/walkers/*.webp (docs/credits.md).

The colours of a file are the whole portrait; its opacity says which of them are the person.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from detectors.arrays import Float32, Image
from detectors.load import EMBEDDED, load_detector
from detectors.runtime import Runtime

FOLDER = Path(__file__).parents[3] / "docs" / "walkers"
_SURE = 0.97  # opacity from which a pixel's colour has nothing of the background


@dataclass(frozen=True)
class Person:
    """photo: BGR uint8 (H,W,3).  matte: float32 (H,W), 0..1.  box: the face, x1 y1 x2 y2 in pixels of both."""

    name: str
    photo: Image
    matte: Float32
    box: Float32

    @property
    def face(self) -> float:
        """Height of the face, in pixels."""
        return float(self.box[3] - self.box[1])

    def without_background(self) -> Float32:
        """The portrait's colours, those of half-covered pixels taken from the person nearby: no fringe is left."""
        sure = (self.matte > _SURE).astype(np.float32)
        colour = self.photo.astype(np.float32)
        spread = cv2.GaussianBlur(colour * sure[..., None], (0, 0), 4) / (
            cv2.GaussianBlur(sure, (0, 0), 4)[..., None] + np.float32(1e-3)
        )
        return np.asarray(np.where(sure[..., None] > 0, colour, spread), np.float32)


def read_people(folder: Path = FOLDER) -> Sequence[Person]:
    """Everybody, by file name. Raises ValueError for a picture without a matte or without a face."""
    detector = load_detector(EMBEDDED, runtime=Runtime(), score=0.5, every_size=True)
    people = []
    for path in sorted(folder.glob("*.webp")):
        picture = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
        if picture is None or picture.ndim != 3 or picture.shape[2] != 4:
            raise ValueError(f"{path}: expected a portrait with opacity")
        photo = np.ascontiguousarray(picture[..., :3], np.uint8)
        boxes = detector.detect(photo).boxes
        if not len(boxes):
            raise ValueError(f"{path}: expected a face, found none")
        largest = boxes[np.argmax(boxes[:, 3] - boxes[:, 1])]
        matte = np.asarray(picture[..., 3] / 255, np.float32)
        people.append(Person(path.stem, photo, matte, largest))
    return people
