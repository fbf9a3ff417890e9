"""Finds faces of every size with a detector for small ones, by searching the picture, a quarter of it, a sixteenth, ….

A face of 300 px has 75 px in the quarter copy. The step is four and not two: the trained range spans more than two
octaves, so a half copy would find only what its neighbours find. All copies together cost a fifteenth of the picture.
"""

import cv2
import numpy as np

from detectors.arrays import Image
from detectors.base import Detections, FaceDetector
from detectors.network import check_image
from detectors.nms import MAX_IOU, is_part, suppress
from detectors.resize import rescale
from detectors.windows import concatenate

_STEP = 4
_SHORTEST = 32  # pixels of the longer side: a smaller copy holds no face worth searching


class PyramidDetector:
    """Runs `detector` on the picture and on ever smaller copies; one box per face comes back.

    largest: highest face, in pixels, that `detector` finds by itself.
    """

    def __init__(self, detector: FaceDetector, largest: float, *, iou: float = MAX_IOU) -> None:
        self.name = detector.name
        self._detector, self._largest, self._iou = detector, largest, iou

    def detect(self, image: Image) -> Detections:
        """Find faces in a BGR uint8 (H,W,3) picture, in its own pixels, best first."""
        check_image(image)
        parts, copy = [self._detector.detect(image)], image
        least = self._largest / _STEP  # of the next copy's faces, in its pixels: smaller ones were seen better before
        while max(copy.shape[:2]) >= _STEP * _SHORTEST and max(copy.shape[:2]) > self._largest:
            copy = _halve(_halve(copy))
            found = self._detector.detect(copy)
            found = found[np.flatnonzero(found.boxes[:, 3] - found.boxes[:, 1] >= least / 2)]
            parts.append(rescale(found, image.shape[1] / copy.shape[1], image.shape[0] / copy.shape[0]))
        return self._merge(parts) if len(parts) > 1 else parts[0]

    def _merge(self, parts: list[Detections]) -> Detections:
        found = concatenate(parts)
        found = found[suppress(found.boxes, found.scores, self._iou)]
        return found[np.flatnonzero(~is_part(found.boxes, found.scores))]


def _halve(image: Image) -> Image:
    """A copy of half the size. Halving is several times faster than any other factor, and twice as fast from a copy."""
    size = (max(1, image.shape[1] // 2), max(1, image.shape[0] // 2))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
