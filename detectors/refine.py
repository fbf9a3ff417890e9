"""A regressor replaces the landmarks of the detector.

A detector's landmarks are less accurate than its box, and recognition suffers: on a face of 12 pixels
(docs/training/results.md), and on one of 200, where the detector was never taught any (docs/benchmarks.md, Portraits).
"""

import json
from pathlib import Path

import cv2
import numpy as np

from detectors.arrays import AnyFloat, Float32, Image
from detectors.base import Detections, FaceDetector
from detectors.runtime import Runtime, open_session

REGRESSOR_FILE = Path(__file__).parent / "weights" / "glimpse_landmarks.onnx"
METADATA = "landmark_regressor"
MAX_BATCH = 64


class LandmarkRegressor:
    """An ONNX file `crops` (n,3,S,S) RGB in -1..1 to `points` (n,10), x y of five landmarks in 0..1 of the crop.

    Raises FileNotFoundError, or ValueError for a file that does not say so in its metadata.
    """

    def __init__(self, model: Path, runtime: Runtime) -> None:
        self._session = open_session(model, runtime)
        entry = self._session.get_modelmeta().custom_metadata_map.get(METADATA)
        if entry is None:
            raise ValueError(f"{model.name}: not a landmark regressor: expected metadata {METADATA!r}")
        spec = json.loads(entry)
        self._side, self._reach, self._raise = int(spec["side"]), float(spec["reach"]), float(spec["raise"])

    def landmarks(self, image: Image, boxes: AnyFloat) -> Float32:
        """Five points float32 (N,5,2), continuous pixels, for boxes (N,4) of a BGR uint8 (H,W,3) picture."""
        middles = (boxes[:, :2] + boxes[:, 2:]) / 2
        heights = boxes[:, 3] - boxes[:, 1]
        reach = self._reach * heights
        corners = middles - reach[:, None] / 2
        corners[:, 1] -= self._raise * heights
        found = [
            self._run(image, corners[k : k + MAX_BATCH], reach[k : k + MAX_BATCH])
            for k in range(0, len(boxes), MAX_BATCH)
        ]
        shares = np.concatenate([np.zeros((0, 5, 2), np.float32), *found])
        return np.asarray(corners[:, None] + shares * reach[:, None, None], np.float32)

    def _run(self, image: Image, corners: AnyFloat, reach: AnyFloat) -> Float32:
        pairs = zip(corners, reach, strict=True)
        crops = np.stack([square_crop(image, corner, size, self._side) for corner, size in pairs])
        planes = (crops[..., ::-1].transpose(0, 3, 1, 2).astype(np.float32) - 127.5) / 127.5
        points = self._session.run(None, {"crops": np.ascontiguousarray(planes)})[0]
        return np.asarray(points, np.float32).reshape(-1, 5, 2)


def square_crop(image: Image, corner: AnyFloat, size: float, side: int) -> Image:
    """`size` continuous pixels from `corner` (2,) on of a BGR uint8 (H,W,3) picture as (side,side,3); borders repeat.

    A larger part is drawn at a whole multiple of `side` and averaged down. The regressor learns from such crops.
    """
    times = max(1, round(size / side))
    if times > 1:
        return np.asarray(
            cv2.resize(_draw(image, corner, size, side * times), (side, side), interpolation=cv2.INTER_AREA)
        )
    return _draw(image, corner, size, side)


def _draw(image: Image, corner: AnyFloat, size: float, side: int) -> Image:
    scale = size / side
    back = np.array([[scale, 0, corner[0] + scale / 2 - 0.5], [0, scale, corner[1] + scale / 2 - 0.5]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(image, back, (side, side), flags=flags, borderMode=cv2.BORDER_REPLICATE), np.uint8)


class RefinedDetector:
    """Another detector whose faces get the regressor's landmarks."""

    def __init__(self, detector: FaceDetector, regressor: LandmarkRegressor) -> None:
        self.name = detector.name
        self._detector, self._regressor = detector, regressor

    def detect(self, image: Image) -> Detections:
        """Find faces in a BGR uint8 (H,W,3) picture, best first."""
        found = self._detector.detect(image)
        if found.landmarks is None or not len(found):
            return found
        return Detections(found.boxes, found.scores, self._regressor.landmarks(image, found.boxes))
