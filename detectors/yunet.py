"""YuNet-format networks: one anchor-free cell per stride step, BGR 0..255 in.

Decoding after Wu, Peng, Yu, "YuNet: A Tiny Millisecond-level Face Detector" (MIR 2023) and the ONNX export in OpenCV's
model zoo: score sqrt(cls * obj), centre as an offset and size as an exponent, both in strides.
"""

from pathlib import Path

import numpy as np

from detectors.arrays import Image
from detectors.base import Detections
from detectors.network import STRIDES, Network, Outputs, Preprocessing, postprocess
from detectors.nms import MAX_IOU
from detectors.runtime import Runtime

OUTPUTS = frozenset(f"{kind}_{stride}" for kind in ("cls", "obj", "bbox", "kps") for stride in STRIDES)


class YuNetDetector:
    """Finds faces with a YuNet-format ONNX file.

    score: weakest box to keep.  iou: overlap above which the weaker of two boxes goes.
    Raises FileNotFoundError, or ValueError when the file has other outputs.
    """

    def __init__(
        self, model: Path, *, runtime: Runtime | None = None, score: float = 0.25, iou: float = MAX_IOU
    ) -> None:
        self.name = model.stem
        self._score, self._iou = score, iou
        self._network = Network(model, runtime or Runtime(), Preprocessing())
        if not OUTPUTS.issubset(self._network.output_shapes):
            raise ValueError(f"{model}: expected the outputs of YuNet, got {', '.join(self._network.output_shapes)}")

    def detect(self, image: Image) -> Detections:
        """Find faces in a BGR uint8 (H,W,3) picture, best first; raises ValueError for any other array."""
        outputs = self._network.run(image)
        parts = [_decode(outputs, stride, self._score) for stride in STRIDES]
        found = Detections(
            np.concatenate([part.boxes for part in parts]),
            np.concatenate([part.scores for part in parts]),
            np.concatenate([np.asarray(part.landmarks) for part in parts]),
        )
        return postprocess(found, shrunk=outputs.shrunk, iou=self._iou)


def _decode(outputs: Outputs, stride: int, least: float) -> Detections:
    cls, obj = (np.clip(outputs.arrays[f"{kind}_{stride}"][:, 0], 0, 1) for kind in ("cls", "obj"))
    scores = np.sqrt(cls * obj)
    cells = np.flatnonzero(scores >= least)  # NaN compares false, so it goes here
    rows, columns = np.divmod(cells, outputs.width // stride)
    corners = np.stack([columns, rows], axis=1).astype(np.float32)
    offsets = outputs.arrays[f"bbox_{stride}"][cells]
    with np.errstate(over="ignore", invalid="ignore"):  # what overflows is dropped as not finite
        centres, halves = corners + offsets[:, :2], np.exp(offsets[:, 2:]) / 2
        boxes = np.concatenate([centres - halves, centres + halves], axis=1) * stride
    points = outputs.arrays[f"kps_{stride}"][cells].reshape(-1, 5, 2)
    return Detections(boxes, scores[cells], (points + corners[:, None]) * stride)
