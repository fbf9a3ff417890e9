"""How far the training is, read on the validation slice; and where it takes shelves and doors for faces.

The surprising decision: hard places are looked for in a few scenes at a time, again and again. What was hard for the
network of ten minutes ago is not, and a list made once is learnt by heart.
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
from distill.detector.compose import GREY
from distill.detector.config import DetectorSettings
from distill.detector.evaluate import Test, measured, plain, slice_test
from distill.detector.export import SPEC, write_detector
from distill.detector.metrics import LEAST
from distill.detector.mosaics import SHEET
from distill.detector.network import FaceNet
from distill.detector.split import Part
from distill.detector.training_data import Library, Photograph, open_library

HEIGHTS = (8, 12, 16, 32)
SCENES = 60  # empty ones searched for hard places at each check
SHRINKS = (1.0, 0.5)
MOST = 8  # hard places of one scene, worst first
KEPT = 1500
WRONG = 0.25  # score from which a face where none is is worth unlearning


@dataclass(frozen=True)
class Check:
    """Reads a network while it learns. folder: where the current file and the hard places go."""

    settings: DetectorSettings
    folder: Path

    @cached_property
    def _test(self) -> Test:
        return slice_test(open_library(self.settings, Part.CHECK), HEIGHTS)

    @cached_property
    def _library(self) -> Library:
        return open_library(self.settings)

    def read(self, net: FaceNet, *, seed: int) -> dict[str, object]:
        """Figures of the network as it would be served, after writing down new hard places."""
        path = self.folder / "current.onnx"
        write_detector(net, path)
        detector = TinyDetector(path, SPEC, runtime=Runtime(), score=LEAST)
        hard = self._mine(detector, np.random.default_rng(seed))
        return {**plain(measured({"current": detector}, self._test)[0]), "hard": hard}

    def _mine(self, detector: FaceDetector, rng: np.random.Generator) -> int:
        path, empty = self.folder / "hard.json", self._library.empty
        known = json.loads(path.read_bytes()) if path.exists() else []
        numbers = rng.choice(len(empty), min(SCENES, len(empty)), replace=False)
        found = [place for number in numbers for place in _places(detector, int(number), empty[number])]
        write_atomic(path, json.dumps((found + known)[:KEPT]).encode())
        return len(found)


def _framed(image: Image, side: int) -> Image:
    """The picture in the corner of a grey square: one input shape for all, since each costs a session."""
    frame = np.full((max(side, image.shape[0]), max(side, image.shape[1]), 3), GREY, np.uint8)
    frame[: image.shape[0], : image.shape[1]] = image
    return frame


def _places(detector: FaceDetector, number: int, photograph: Photograph) -> list[tuple[int, float, float, float]]:
    """Where a scene without faces was taken for one: its number, x and y in its pixels, and the copy's factor."""
    places: list[tuple[int, float, float, float]] = []
    for factor in SHRINKS:
        image = np.asarray(photograph.bank.pixels(photograph.scene))
        if factor < 1:
            image = np.asarray(cv2.resize(image, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA), np.uint8)
        found = detector.detect(_framed(image, round(SHEET * factor)))
        boxes = found.boxes[found.scores >= WRONG] / np.float32(factor)
        printed = box_iou(boxes, photograph.ignore).max(axis=1, initial=0) > 0.1
        for x1, y1, x2, y2 in boxes[~printed][:MOST].tolist():
            places += [(number, (x1 + x2) / 2, (y1 + y2) / 2, factor)]
    return places
