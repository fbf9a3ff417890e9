"""Cuts aligned 112-pixel faces out of whole photographs, with any detector of `detectors/`.

The surprising decision: the detector is opened only when a source asks for it, so that aligned chips need none.
"""

import numpy as np

from detectors.arrays import Image
from detectors.base import FaceDetector
from detectors.load import load_detector
from detectors.runtime import Runtime
from distill.errors import DistillError
from recognizer.chips import cut_chip
from recognizer.spec import ChipSpec

MIN_SCORE = 0.6
MIN_FACE_PX = 40.0  # pixels of height below which a face has nothing to teach at 112


class Aligner:
    """Photographs to faces."""

    def __init__(self, model: str) -> None:
        self._model = model
        self._detector: FaceDetector | None = None

    def align(self, image: Image) -> list[Image]:
        """Aligned BGR uint8 (112,112,3) faces of a BGR uint8 (H,W,3) photograph, best score first."""
        found = self._open().detect(image)
        if found.landmarks is None:
            raise DistillError(f"faces.detector: expected one that gives landmarks, got {self._model}")
        tall = found.boxes[:, 3] - found.boxes[:, 1] >= MIN_FACE_PX
        good = np.flatnonzero((found.scores >= MIN_SCORE) & tall)
        order = good[np.argsort(-found.scores[good])]
        return [cut_chip(image, found.landmarks[index], ChipSpec(size=112)) for index in order]

    def _open(self) -> FaceDetector:
        if self._detector is None:
            self._detector = open_detector(self._model)
        return self._detector


def open_detector(model: str) -> FaceDetector:
    """A detector from an ONNX file. Raises DistillError where none is named or it is no detector file."""
    if not model:
        raise DistillError("faces.detector: expected a detector for sources that are not aligned, got none")
    return load_detector(model, runtime=Runtime(), score=MIN_SCORE)
