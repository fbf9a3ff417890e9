"""RetinaFace's ONNX format, read only to teach: two anchors a cell, centre and size coded against them.

Decoding after Deng, Guo, Ververas, Kotsia, Zafeiriou, "RetinaFace: Single-shot Multi-level Face Localisation in the
Wild" (CVPR 2020), MobileNet-0.25 with anchors 16 to 512. It never serves: it is slower than YuNet and finds less, but
what both find at high resolution is hardly ever wrong.
"""

from pathlib import Path

import numpy as np

from detectors.arrays import Float32, Image
from detectors.base import Detections
from detectors.network import Network, Preprocessing, finish
from detectors.nms import IOU
from detectors.runtime import Runtime

_ANCHORS = {8: (16, 32), 16: (64, 128), 32: (256, 512)}  # pixels, by stride
_CENTRE, _SIZE = np.float32(0.1), np.float32(0.2)  # how much of an anchor one unit of the answer is


class RetinaFaceDetector:
    """Finds faces with a RetinaFace ONNX file; score: weakest box to keep."""

    def __init__(self, model: Path, *, runtime: Runtime | None = None, score: float = 0.3) -> None:
        self.name, self._score = model.stem, score
        self._network = Network(model, runtime or Runtime(), Preprocessing(mean=(104.0, 117.0, 123.0)))

    def detect(self, image: Image) -> Detections:
        """Find faces in a BGR uint8 (H,W,3) picture, best first; raises ValueError for any other array."""
        outputs = self._network.run(image)
        by_channels = {array.shape[1]: array for array in outputs.arrays.values()}  # 4, 2 and 10
        kept = np.flatnonzero(by_channels[2][:, 1] >= self._score)
        anchors = _anchors(outputs.height, outputs.width)[kept]
        centres, sides = anchors[:, :2], anchors[:, 2:]
        answer = by_channels[4][kept]
        middles = centres + answer[:, :2] * _CENTRE * sides
        halves = sides * np.exp(answer[:, 2:] * _SIZE) / 2
        points = centres[:, None] + by_channels[10][kept].reshape(-1, 5, 2) * _CENTRE * sides[:, None]
        boxes = np.concatenate([middles - halves, middles + halves], axis=1)
        return finish(Detections(boxes, by_channels[2][kept, 1], points), shrunk=outputs.shrunk, iou=IOU)


def _anchors(height: int, width: int) -> Float32:
    """Centre and side of every anchor in pixels, float32 (N,4), in the order of the outputs."""
    found = []
    for stride, sides in _ANCHORS.items():
        y, x = np.mgrid[: -(-height // stride), : -(-width // stride)]
        centres = (np.stack([x, y], axis=-1).reshape(-1, 1, 2) + 0.5) * stride
        sized = np.tile(np.array(sides, np.float32)[None, :, None], (len(centres), 1, 2))
        found.append(np.concatenate([np.broadcast_to(centres, sized.shape), sized], axis=2).reshape(-1, 4))
    return np.concatenate(found).astype(np.float32)
