"""What two teachers see in the sharp test photographs: landmarks of drawn faces, and faces nobody drew.

The surprising decision: it is kept in a file, by the pixels of each photograph. It costs more than all detectors of a
table together, and does not change from one table to the next.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np

from detectors.base import FaceDetector
from detectors.runtime import Runtime
from distill.detector.config import LabelSettings
from distill.detector.label import Labels, merged, open_teachers
from distill.detector.mosaics import Shown, shown
from distill.detector.photo_set import Face
from distill.progress import Progress


@dataclass(frozen=True)
class Truth:
    """Teachers and the file of what they saw, a line of JSON for each photograph."""

    settings: LabelSettings
    path: Path

    def of(self, photographs: Sequence[Shown]) -> Iterator[Shown]:
        """The photographs with landmarks of drawn faces; faces that only teachers saw are others."""
        known, teachers = self._known(), list[FaceDetector]()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("ab", buffering=0) as file, _progress(len(photographs)) as progress:
            for number, one in enumerate(photographs, 1):
                key = hashlib.sha256(one.image.tobytes()).hexdigest()
                if key not in known:
                    teachers = teachers or open_teachers(self.settings, Runtime())
                    first, second = (teacher.detect(one.image) for teacher in teachers)
                    known[key] = merged(one.boxes, first, second, self.settings)
                    file.write(msgspec.json.encode(Labels(key, known[key])) + b"\n")
                progress.at(number)
                yield _judged(one, known[key])

    def _known(self) -> dict[str, list[Face]]:
        lines = self.path.read_bytes().splitlines() if self.path.exists() else []
        whole = [line for line in lines if line.endswith(b"}")]  # a kill may tear one
        return {one.name: one.faces for one in (msgspec.json.decode(line, type=Labels) for line in whole)}


def _progress(total: int) -> Progress:
    return Progress("landmarks", unit="photographs", total=total)


def _judged(one: Shown, faces: list[Face]) -> Shown:
    """The first faces are the drawn ones, in their order."""
    drawn, rest = faces[: len(one.boxes)], faces[len(one.boxes) :]
    points = [face.points or ((np.nan, np.nan),) * 5 for face in drawn]
    others = np.array([face.box for face in rest], np.float32).reshape(-1, 4)
    return shown(one.image, one.boxes, np.array(points, np.float32).reshape(-1, 5, 2), others)
