"""Search a larger or smaller copy of the picture: enlarging twice finds faces half the size, shrinking buys speed."""

import cv2
import numpy as np

from detectors.arrays import Image
from detectors.base import Detections, FaceDetector
from detectors.network import check_image


class ResizedDetector:
    """Runs `detector` on pictures resized so that their longer side has `long_side` pixels; boxes are mapped back.

    Sides are scaled by their own rounded factors, so boxes fit to a fraction of a pixel.
    Raises ValueError when `long_side` is below 32.
    """

    def __init__(self, detector: FaceDetector, long_side: int) -> None:
        if long_side < 32:
            raise ValueError(f"long_side: expected 32 or more pixels, got {long_side}")
        self.name = f"{detector.name}@{long_side}"
        self._detector, self._long_side = detector, long_side

    def detect(self, image: Image) -> Detections:
        """Find faces in a BGR uint8 (H,W,3) picture, in its own pixels."""
        check_image(image)
        height, width = image.shape[:2]
        factor = self._long_side / max(height, width)
        if factor == 1:
            return self._detector.detect(image)
        size = (max(8, round(width * factor)), max(8, round(height * factor)))
        how = cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR
        resized = np.asarray(cv2.resize(np.ascontiguousarray(image), size, interpolation=how), np.uint8)
        return rescale(self._detector.detect(resized), width / size[0], height / size[1])


def rescale(found: Detections, across: float, down: float) -> Detections:
    """The same faces with x multiplied by `across` and y by `down`."""
    scale = np.array([across, down], np.float32)
    landmarks = None if found.landmarks is None else found.landmarks * scale
    return Detections(found.boxes * np.tile(scale, 2), found.scores, landmarks)
