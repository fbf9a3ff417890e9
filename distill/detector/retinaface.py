"""Decodes RetinaFace's ONNX format: two anchors per cell; centre and size are coded relative to the anchor.

After Deng, Guo, Ververas, Kotsia, Zafeiriou, "RetinaFace: Single-shot Multi-level Face Localisation in the Wild" (CVPR
2020), MobileNet-0.25 with anchors from 16 to 512 pixels. It is used for labels only: it is slower than YuNet and finds
less, but what both find at high resolution is almost always a face.
"""

from pathlib import Path

import numpy as np

from detectors.arrays import Float32, Image
from detectors.base import Detections
from detectors.network import Network, Preprocessing, postprocess
from detectors.nms import MAX_IOU
from detectors.runtime import Runtime

_ANCHORS = {8: (16, 32), 16: (64, 128), 32: (256, 512)}  # sides in pixels, by stride
_CENTRE_SCALE, _SIZE_SCALE = np.float32(0.1), np.float32(0.2)  # the format's "variances"


class RetinaFaceDetector:
    """Finds faces with a RetinaFace ONNX file. score: lowest score of a box."""

    def __init__(self, model: Path, *, runtime: Runtime | None = None, score: float = 0.3) -> None:
        self.name, self._score = model.stem, score
        self._network = Network(model, runtime or Runtime(), Preprocessing(mean=(104.0, 117.0, 123.0)))

    def detect(self, image: Image) -> Detections:
        """Find faces in a BGR uint8 (H,W,3) picture, best first. Raises ValueError for any other array."""
        outputs = self._network.run(image)
        by_channels = {array.shape[1]: array for array in outputs.arrays.values()}  # 4: boxes, 2: scores, 10: landmarks
        rows = np.flatnonzero(by_channels[2][:, 1] >= self._score)
        anchors = _anchors(outputs.height, outputs.width)[rows]
        anchor_centres, sides = anchors[:, :2], anchors[:, 2:]
        offsets = by_channels[4][rows]
        centres = anchor_centres + offsets[:, :2] * _CENTRE_SCALE * sides
        halves = sides * np.exp(offsets[:, 2:] * _SIZE_SCALE) / 2
        points = anchor_centres[:, None] + by_channels[10][rows].reshape(-1, 5, 2) * _CENTRE_SCALE * sides[:, None]
        boxes = np.concatenate([centres - halves, centres + halves], axis=1)
        return postprocess(Detections(boxes, by_channels[2][rows, 1], points), shrunk=outputs.shrunk, iou=MAX_IOU)


def _anchors(height: int, width: int) -> Float32:
    """Centre and sides of every anchor in pixels, float32 (N,4), in the order of the outputs."""
    found = []
    for stride, sides in _ANCHORS.items():
        y, x = np.mgrid[: -(-height // stride), : -(-width // stride)]
        centres = (np.stack([x, y], axis=-1).reshape(-1, 1, 2) + 0.5) * stride
        sized = np.tile(np.array(sides, np.float32)[None, :, None], (len(centres), 1, 2))
        found.append(np.concatenate([np.broadcast_to(centres, sized.shape), sized], axis=2).reshape(-1, 4))
    return np.concatenate(found).astype(np.float32)
