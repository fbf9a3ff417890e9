"""Adds what the two labelling detectors find in the sharp test photographs: landmarks, and faces that nobody drew.

The results are kept in a file by a hash of the pixels. They take longer than all detectors of a table together, and do
not change from one table to the next.
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
from distill.detector.label import PhotoLabels, merge_labels, open_teachers
from distill.detector.mosaics import AnnotatedPhoto, annotate
from distill.detector.photo_set import FaceLabel
from distill.progress import Progress


@dataclass(frozen=True)
class GroundTruth:
    """The labelling detectors and the file of their results, one line of JSON per photograph."""

    settings: LabelSettings
    path: Path

    def annotate(self, photos: Sequence[AnnotatedPhoto]) -> Iterator[AnnotatedPhoto]:
        """The photographs with landmarks of drawn faces; faces that only the detectors found are to be ignored."""
        known, teachers = self._read(), list[FaceDetector]()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with (
            self.path.open("ab", buffering=0) as file,
            Progress("landmarks", unit="photographs", total=len(photos)) as progress,
        ):
            for number, photo in enumerate(photos, 1):
                key = hashlib.sha256(photo.image.tobytes()).hexdigest()
                if key not in known:
                    teachers = teachers or open_teachers(self.settings, Runtime())
                    first, second = (teacher.detect(photo.image) for teacher in teachers)
                    known[key] = merge_labels(photo.boxes, first, second, self.settings)
                    file.write(msgspec.json.encode(PhotoLabels(key, known[key])) + b"\n")
                progress.update(number)
                yield _with_labels(photo, known[key])

    def _read(self) -> dict[str, list[FaceLabel]]:
        """The complete lines of the file; a kill may have cut one short."""
        lines = self.path.read_bytes().splitlines() if self.path.exists() else []
        complete = [line for line in lines if line.endswith(b"}")]
        return {one.name: one.faces for one in (msgspec.json.decode(line, type=PhotoLabels) for line in complete)}


def _with_labels(photo: AnnotatedPhoto, labels: list[FaceLabel]) -> AnnotatedPhoto:
    """A photograph with its labels, of which the first are the drawn faces in their order."""
    drawn, rest = labels[: len(photo.boxes)], labels[len(photo.boxes) :]
    points = [face.points or ((np.nan, np.nan),) * 5 for face in drawn]
    ignore = np.array([face.box for face in rest], np.float32).reshape(-1, 4)
    return annotate(photo.image, photo.boxes, np.array(points, np.float32).reshape(-1, 5, 2), ignore)
