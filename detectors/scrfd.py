"""SCRFD-format networks: two anchors a cell, RGB in, everything as distances from the cell's corner in strides.

Decoding after Guo, Deng, Lattas, Zafeiriou, "Sample and Computation Redistribution for Efficient Face Detection" (ICLR
2022). Output names differ between exports, so outputs are identified by channels and number of cells.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from detectors.arrays import Float32, Image
from detectors.base import Detections
from detectors.network import STRIDES, Network, Outputs, Preprocessing, postprocess
from detectors.nms import MAX_IOU
from detectors.runtime import Runtime

_ANCHORS = 2


class ScrfdDetector:
    """Finds faces with an SCRFD-format ONNX file, with landmarks where it gives them.

    score: weakest box to keep.  iou: overlap above which the weaker of two boxes goes.
    Raises FileNotFoundError, or ValueError when the file has other outputs.
    """

    def __init__(
        self, model: Path, *, runtime: Runtime | None = None, score: float = 0.25, iou: float = MAX_IOU
    ) -> None:
        self.name = model.stem
        self._score, self._iou = score, iou
        self._network = Network(model, runtime or Runtime(), Preprocessing(mean=(127.5,) * 3, scale=1 / 128, rgb=True))
        if not is_scrfd(self._network.output_shapes):
            raise ValueError(f"{model}: expected the outputs of SCRFD, got {self._network.output_shapes}")

    def detect(self, image: Image) -> Detections:
        """Find faces in a BGR uint8 (H,W,3) picture, best first; raises ValueError for any other array."""
        outputs = self._network.run(image)
        scores, distances, points = (_by_stride(outputs, channels) for channels in (1, 4, 10))
        boxes, kept, landmarks = [], [], []
        for level, stride in enumerate(STRIDES):
            chosen = np.flatnonzero(scores[level][:, 0] >= self._score)  # NaN compares false, so it goes here
            corners = _corners(chosen, outputs.width // stride)
            boxes.append((corners[:, [0, 1, 0, 1]] + distances[level][chosen] * (-1, -1, 1, 1)) * stride)
            kept.append(scores[level][chosen, 0])
            if points:
                landmarks.append((corners[:, None] + points[level][chosen].reshape(-1, 5, 2)) * stride)
        found = Detections(
            np.concatenate(boxes).astype(np.float32),
            np.concatenate(kept),
            np.concatenate(landmarks) if landmarks else None,
        )
        return postprocess(found, shrunk=outputs.shrunk, iou=self._iou)


def is_scrfd(output_shapes: Mapping[str, Sequence[int | str | None]]) -> bool:
    """Whether a model's outputs are three scores, three boxes and, maybe, three sets of landmarks."""
    channels = sorted(str(shape[-1]) if shape else "" for shape in output_shapes.values())
    return channels in (["1"] * 3 + ["4"] * 3, ["1"] * 3 + ["10"] * 3 + ["4"] * 3)


def _by_stride(outputs: Outputs, channels: int) -> list[Float32]:
    """Outputs with that many channels, finest stride (most cells) first."""
    chosen = [array for array in outputs.arrays.values() if array.shape[1] == channels]
    chosen.sort(key=len, reverse=True)
    expected = [outputs.height // stride * (outputs.width // stride) * _ANCHORS for stride in STRIDES]
    if chosen and [len(array) for array in chosen] != expected:
        raise ValueError(f"SCRFD outputs: expected {expected} anchors, got {[len(array) for array in chosen]}")
    return chosen


def _corners(anchors: np.ndarray[tuple[int], np.dtype[np.intp]], columns: int) -> Float32:
    rows, column = np.divmod(anchors // _ANCHORS, columns)
    return np.stack([column, rows], axis=1).astype(np.float32)
