"""Finds faces in whole photographs and cuts aligned 112-pixel chips, with any detector of `detectors/`."""

import numpy as np

from detectors.arrays import Image
from detectors.base import FaceDetector
from detectors.load import load_detector
from detectors.runtime import Runtime
from distill.data.store import FACE_SIDE_PX
from distill.errors import DistillError
from recognizer.chips import cut_chip
from recognizer.spec import ChipSpec

MIN_SCORE = 0.6
MIN_FACE_PX = 40.0  # height; an enlarged smaller face has too little detail to train on


class Aligner:
    """Cuts the faces of photographs. Opens the detector at the first photograph: aligned sources need none."""

    def __init__(self, model: str) -> None:
        self._model = model
        self._detector: FaceDetector | None = None

    def align(self, image: Image) -> list[Image]:
        """Return the faces BGR uint8 (112,112,3) of a photograph BGR uint8 (H,W,3), best score first.

        Raises DistillError for a missing detector or one without landmarks.
        """
        found = self._open().detect(image)
        if found.landmarks is None:
            raise DistillError(f"faces.detector: expected one that gives landmarks, got {self._model}")
        heights = found.boxes[:, 3] - found.boxes[:, 1]
        good = np.flatnonzero((found.scores >= MIN_SCORE) & (heights >= MIN_FACE_PX))
        best_first = good[np.argsort(-found.scores[good])]
        return [cut_chip(image, found.landmarks[index], ChipSpec(size=FACE_SIDE_PX)) for index in best_first]

    def _open(self) -> FaceDetector:
        if self._detector is None:
            self._detector = open_detector(self._model)
        return self._detector


def open_detector(model: str) -> FaceDetector:
    """Open a detector from an ONNX file. Raises DistillError for an empty name."""
    if not model:
        raise DistillError("faces.detector: expected a detector for sources that are not aligned, got none")
    return load_detector(model, runtime=Runtime(), score=MIN_SCORE)
