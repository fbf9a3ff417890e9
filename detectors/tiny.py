"""The format of the detectors trained here (distill/detector): anchor-free cells at the strides the file names.

Each cell gives the logit of a face, its box as offset and exponent, and five landmarks, all in strides from the cell's
middle. Scores stay logits until a box is kept: a 640 x 640 picture has 33 600 cells, and their sigmoids would cost as
much as all other decoding.
"""

from collections.abc import Mapping
from pathlib import Path

import msgspec
import numpy as np

from detectors.arrays import Image
from detectors.base import Detections
from detectors.network import Network, Outputs, Preprocessing, postprocess
from detectors.nms import MAX_IOU
from detectors.runtime import Runtime

METADATA = "face_detector"
MAX_FACE_PX = 96.0  # pixels: the highest face these networks are trained to find


class TinySpec(msgspec.Struct, frozen=True):
    """Metadata of the file: `(pixel - mean) / std` of each channel in `color` order, and its strides."""

    color: str = "BGR"
    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    std: float = 255.0
    strides: tuple[int, ...] = (4, 8, 16)


def read_tiny_spec(metadata: Mapping[str, str]) -> TinySpec | None:
    """The spec in a model's metadata, None where there is none. Raises ValueError for one that cannot be read."""
    if METADATA not in metadata:
        return None
    try:
        return msgspec.json.decode(metadata[METADATA], type=TinySpec)
    except msgspec.MsgspecError as error:
        raise ValueError(f"metadata {METADATA}: expected color, mean, std and strides, got {error}") from None


class TinyDetector:
    """Finds faces of 8 to about 96 px with an ONNX file of `python -m distill detector`.

    score: weakest box to keep.  iou: overlap above which the weaker of two boxes goes.
    Raises FileNotFoundError, or ValueError when the file has other outputs.
    """

    def __init__(
        self, model: Path, spec: TinySpec, *, runtime: Runtime | None = None, score: float = 0.25, iou: float = MAX_IOU
    ) -> None:
        self.name = model.stem
        self._spec, self._iou = spec, iou
        self._least = np.float32(np.log(score / (1 - score))) if score < 1 else np.float32(np.inf)
        how = Preprocessing(mean=spec.mean, scale=1 / spec.std, rgb=spec.color == "RGB")
        self._network = Network(model, runtime or Runtime(), how)
        expected = {f"{kind}_{stride}" for kind in ("score", "box", "points") for stride in spec.strides}
        if not expected.issubset(self._network.output_shapes):
            raise ValueError(
                f"{model}: expected the outputs {', '.join(sorted(expected))}, "
                f"got {', '.join(self._network.output_shapes)}"
            )

    def detect(self, image: Image) -> Detections:
        """Find faces in a BGR uint8 (H,W,3) picture, best first; raises ValueError for any other array."""
        outputs = self._network.run(image)
        parts = [_decode(outputs, stride, self._least) for stride in self._spec.strides]
        found = Detections(
            np.concatenate([part.boxes for part in parts]),
            np.concatenate([part.scores for part in parts]),
            np.concatenate([np.asarray(part.landmarks) for part in parts]),
        )
        return postprocess(found, shrunk=outputs.shrunk, iou=self._iou)


def _decode(outputs: Outputs, stride: int, least: np.float32) -> Detections:
    """The faces of one stride whose logit reaches `least`."""
    logits = outputs.arrays[f"score_{stride}"][:, 0]
    cells = np.flatnonzero(logits >= least)  # NaN compares false, so it goes here
    rows, columns = np.divmod(cells, outputs.width // stride)
    middles = np.stack([columns, rows], axis=1).astype(np.float32) + np.float32(0.5)
    offsets = outputs.arrays[f"box_{stride}"][cells]
    with np.errstate(over="ignore", invalid="ignore"):  # what overflows is dropped as not finite
        scores = np.asarray(1 / (1 + np.exp(-logits[cells])), np.float32)
        centres, halves = middles + offsets[:, :2], np.exp(offsets[:, 2:]) / 2
        boxes = np.concatenate([centres - halves, centres + halves], axis=1) * np.float32(stride)
    points = outputs.arrays[f"points_{stride}"][cells].reshape(-1, 5, 2)
    return Detections(np.asarray(boxes, np.float32), scores, (points + middles[:, None]) * np.float32(stride))
