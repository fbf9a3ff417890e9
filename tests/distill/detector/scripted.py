"""A detector with a fixed answer, and a mosaic of three faces."""

import numpy as np

from detectors.arrays import Float32, Image
from detectors.base import Detections
from distill.detector.mosaics import MOSAIC_PX, Mosaic

FACES = np.array([[100, 100, 116, 116], [200, 200, 216, 216], [300, 300, 316, 316]], np.float32)


POINTS = np.array([[[4, 5], [12, 5], [8, 8], [5, 12], [11, 12]]], np.float32) + FACES[:, None, :2]


class ScriptedDetector:
    """Gives the same answer to every picture."""

    name = "scripted"

    def __init__(self, boxes: Float32, scores: list[float], landmarks: Float32 | None = None) -> None:
        self.found = Detections(boxes.astype(np.float32), np.array(scores, np.float32), landmarks)

    def detect(self, image: Image) -> Detections:
        return self.found


def make_mosaic(ignore: Float32 | None = None) -> Mosaic:
    image = np.zeros((MOSAIC_PX, MOSAIC_PX, 3), np.uint8)
    return Mosaic(image, list(FACES), list(POINTS), [] if ignore is None else list(ignore), 1)
