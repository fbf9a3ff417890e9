"""Evaluates the network on the validation slice during training, and collects hard negatives.

Hard negatives are false alarms in photographs without faces. Each validation searches a few photographs again: what
was hard for the network ten minutes ago no longer is, and a fixed list would be memorised.
"""

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import cv2
import numpy as np

from detectors.arrays import Image
from detectors.base import FaceDetector
from detectors.boxes import box_iou
from detectors.runtime import Runtime
from detectors.tiny import TinyDetector
from distill.data.store import write_atomic
from distill.detector.config import DetectorSettings
from distill.detector.evaluate import EvaluationSet, evaluate_detectors, make_validation_set, summarise
from distill.detector.export import SPEC, write_detector
from distill.detector.metrics import MIN_SCORE
from distill.detector.mosaics import GREY, MOSAIC_PX
from distill.detector.network import FaceNet
from distill.detector.split import Part
from distill.detector.training_data import HardNegative, LabelledPhoto, TrainingData, load_training_data

HEIGHTS = (8, 12, 16, 32)
SEARCHED_PHOTOS = 60  # photographs without faces searched per validation
SCALES = (1.0, 0.5)
MAX_PER_PHOTO = 8  # hard negatives of a photograph at one scale, highest score first
MAX_KEPT = 1500
HARD_SCORE = 0.25  # lowest score of a hard negative
PRINTED_IOU = 0.1  # a box that overlaps an ignored box by more is a printed face, not a false alarm


@dataclass(frozen=True)
class Validation:
    """Evaluates a network as it would be served. folder: for the exported network and the hard negatives."""

    settings: DetectorSettings
    folder: Path

    @cached_property
    def _evaluation_set(self) -> EvaluationSet:
        return make_validation_set(load_training_data(self.settings, Part.VALIDATION), HEIGHTS)

    @cached_property
    def _training_data(self) -> TrainingData:
        return load_training_data(self.settings)

    def read(self, net: FaceNet, *, seed: int) -> dict[str, object]:
        """Figures of the network, and how many hard negatives were found and added to the file."""
        path = self.folder / "current.onnx"
        write_detector(net, path)
        detector = TinyDetector(path, SPEC, runtime=Runtime(), score=MIN_SCORE)
        found = self._update_hard_negatives(detector, np.random.default_rng(seed))
        return {**summarise(evaluate_detectors({"current": detector}, self._evaluation_set)[0]), "hard": found}

    def _update_hard_negatives(self, detector: FaceDetector, rng: np.random.Generator) -> int:
        """Put new hard negatives before the known ones in `hard.json`; returns their number."""
        path, photos = self.folder / "hard.json", self._training_data.without_faces
        known = json.loads(path.read_bytes()) if path.exists() else []
        numbers = rng.choice(len(photos), min(SEARCHED_PHOTOS, len(photos)), replace=False)
        found = [place for number in numbers for place in _find_hard_negatives(detector, int(number), photos[number])]
        write_atomic(path, json.dumps((found + known)[:MAX_KEPT]).encode())
        return len(found)


def _find_hard_negatives(detector: FaceDetector, number: int, photo: LabelledPhoto) -> list[HardNegative]:
    """The false alarms in a photograph without faces at each scale."""
    places: list[HardNegative] = []
    for scale in SCALES:
        image = np.asarray(photo.image)
        if scale < 1:
            image = np.asarray(cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
        found = detector.detect(_pad_to_square(image, round(MOSAIC_PX * scale)))
        boxes = found.boxes[found.scores >= HARD_SCORE] / np.float32(scale)
        is_printed = box_iou(boxes, photo.ignore).max(axis=1, initial=0) > PRINTED_IOU
        for x1, y1, x2, y2 in boxes[~is_printed][:MAX_PER_PHOTO].tolist():
            places.append(HardNegative(number, (x1 + x2) / 2, (y1 + y2) / 2, scale))
    return places


def _pad_to_square(image: Image, side: int) -> Image:
    """The picture in the corner of a grey square of at least `side`: each input shape costs an ONNX session."""
    square = np.full((max(side, image.shape[0]), max(side, image.shape[1]), 3), GREY, np.uint8)
    square[: image.shape[0], : image.shape[1]] = image
    return square
