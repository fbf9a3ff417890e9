"""Aligned chips of the generated portraits in docs/faces, for walks that need no other data."""

from pathlib import Path

import cv2
import numpy as np

from detectors.arrays import Image
from detectors.load import EMBEDDED, load_detector
from detectors.runtime import Runtime
from recognizer.chips import cut_chip
from recognizer.spec import ChipSpec


def read_portraits(folder: Path) -> dict[str, list[Image]]:
    """Four chips of each person: the portrait and its mirror image, as they are and darker. By file name.

    Raises ValueError for a picture without a face.
    """
    detector = load_detector(EMBEDDED, runtime=Runtime(), score=0.5, every_size=True)
    people: dict[str, list[Image]] = {}
    for path in sorted(folder.iterdir()):
        image = np.asarray(cv2.imread(str(path)), np.uint8)
        found = detector.detect(image)
        if not len(found) or found.landmarks is None:
            raise ValueError(f"{path}: expected a face, found none")
        largest = int(np.argmax(found.boxes[:, 3] - found.boxes[:, 1]))
        chip = cut_chip(image, found.landmarks[largest], ChipSpec(size=112))
        mirrored = np.ascontiguousarray(chip[:, ::-1])
        people[path.stem] = [chip, mirrored, _darken(chip), _darken(mirrored)]
    return people


def _darken(chip: Image) -> Image:
    return np.asarray((chip * 0.8).round(), np.uint8)
