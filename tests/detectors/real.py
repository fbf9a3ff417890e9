"""Photographs with face boxes drawn by people, for tests with the research data."""

import json
import zipfile
from pathlib import Path

import cv2
import numpy as np

from detectors.arrays import Float32, Image
from detectors.base import FaceDetector

Photograph = tuple[Image, Float32]


def crowd(shared: Path, count: int = 12) -> list[Photograph]:
    """Read the first photographs and their boxes, float32 (N,4)."""
    with zipfile.ZipFile(shared / "data/scenes/maskon.zip") as archive:
        boxes = json.loads(archive.read("boxes.json"))
        return [
            (
                np.asarray(cv2.imdecode(np.frombuffer(archive.read(name), np.uint8), cv2.IMREAD_COLOR), np.uint8),
                np.array([row[:4] for row in boxes[name]], np.float32),
            )
            for name in sorted(boxes)[:count]
        ]


def matched(detector: FaceDetector, photographs: list[Photograph]) -> float:
    """Recall: share of the drawn boxes whose centre lies inside a detected box."""
    hits: list[bool] = []
    for image, drawn in photographs:
        found = detector.detect(image).boxes
        centres = (drawn[:, None, :2] + drawn[:, None, 2:]) / 2
        inside = np.asarray((centres > found[:, :2]) & (centres < found[:, 2:]))
        hits.extend(np.prod(inside, axis=2).sum(axis=1) > 0)
    return float(np.mean(hits))


def mean_score(detector: FaceDetector, photographs: list[Photograph], *, swapped: bool = False) -> float:
    """Mean over the photographs of the best score; `swapped` swaps red and blue."""
    scores = [detector.detect(image[..., ::-1] if swapped else image).scores.max(initial=0) for image, _ in photographs]
    return float(np.mean(scores))
