"""The format of the detectors trained here (distill/detector): anchor-free cells at the strides the file names.

Each cell gives the logit of a face, its box as offset and exponent, and five landmarks, all in strides from the cell's
middle. Scores stay logits until a box is kept: a 640 x 640 picture has 33 600 cells, and their sigmoids would cost as
much as all other decoding. For the same reason files of today give the maps of the last layers as they are; here the
values of a handful of cells are picked out. Files of version 0.2 list all cells.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np

from detectors.arrays import Float32, Image, Index
from detectors.base import Detections
from detectors.network import Network, Outputs, Preprocessing, postprocess
from detectors.nms import MAX_IOU
from detectors.runtime import Runtime

METADATA = "face_detector"
MAX_FACE_PX = 96.0  # pixels: the highest face these networks are trained to find


class TinySpec(msgspec.Struct, frozen=True):
    """Metadata of the file: `(pixel - mean) / std` of each channel in `color` order, and its strides.

    grids: the pixels per element of each stride's map; a map of a coarser grid holds several cells in each element, in
    rows. Empty: the file lists all cells.
    """

    color: str = "BGR"
    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    std: float = 255.0
    strides: tuple[int, ...] = (4, 8, 16)
    grids: tuple[int, ...] = ()


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
        kinds = ("map",) if spec.grids else ("score", "box", "points")
        expected = {f"{kind}_{stride}" for kind in kinds for stride in spec.strides}
        if not expected.issubset(self._network.output_shapes):
            raise ValueError(
                f"{model}: expected the outputs {', '.join(sorted(expected))}, "
                f"got {', '.join(self._network.output_shapes)}"
            )

    def detect(self, image: Image) -> Detections:
        """Find faces in a BGR uint8 (H,W,3) picture, best first; raises ValueError for any other array."""
        outputs = self._network.run(image)
        parts = [_decode(_pick(outputs, self._spec, stride, self._least), stride) for stride in self._spec.strides]
        found = Detections(
            np.concatenate([part.boxes for part in parts]),
            np.concatenate([part.scores for part in parts]),
            np.concatenate([np.asarray(part.landmarks) for part in parts]),
        )
        return postprocess(found, shrunk=outputs.shrunk, iou=self._iou)


class _Cells(NamedTuple):
    """N cells of one stride: middles (N,2) x y in strides, logits (N,), offsets (N,4) and points (N,10)."""

    middles: Float32
    logits: Float32
    offsets: Float32
    points: Float32


def _pick(outputs: Outputs, spec: TinySpec, stride: int, least: np.float32) -> _Cells:
    """The cells of one stride whose logit reaches `least`; NaN does not."""
    if spec.grids:
        return _pick_from_map(outputs, stride, spec.grids[spec.strides.index(stride)], least)
    logits = outputs.arrays[f"score_{stride}"][:, 0]
    cells = np.flatnonzero(logits >= least)
    rows, columns = np.divmod(cells, outputs.width // stride)
    found = (outputs.arrays[f"{kind}_{stride}"][cells] for kind in ("box", "points"))
    return _Cells(_middles(rows, columns), logits[cells], *found)


def _pick_from_map(outputs: Outputs, stride: int, grid: int, least: np.float32) -> _Cells:
    """The same from a map (1,15*n,H,W), where channel c of a cell is one of c*n to c*n+n-1, n = (grid / stride)²."""
    across = grid // stride
    cells = outputs.arrays[f"map_{stride}"].reshape(-1, across**2, outputs.height // grid, outputs.width // grid)
    part, row, column = np.nonzero(cells[0] >= least)
    found = cells[:, part, row, column].T  # (N,15)
    middles = _middles(row * across + part // across, column * across + part % across)
    return _Cells(middles, found[:, 0], found[:, 1:5], found[:, 5:])


def _middles(rows: Index, columns: Index) -> Float32:
    return np.stack([columns, rows], axis=1).astype(np.float32) + np.float32(0.5)


def _decode(cells: _Cells, stride: int) -> Detections:
    """The faces of cells of one stride, in pixels of the input."""
    with np.errstate(over="ignore", invalid="ignore"):  # what overflows is dropped as not finite
        scores = np.asarray(1 / (1 + np.exp(-cells.logits)), np.float32)
        centres, halves = cells.middles + cells.offsets[:, :2], np.exp(cells.offsets[:, 2:]) / 2
        boxes = np.concatenate([centres - halves, centres + halves], axis=1) * np.float32(stride)
    points = cells.points.reshape(-1, 5, 2)
    return Detections(np.asarray(boxes, np.float32), scores, (points + cells.middles[:, None]) * np.float32(stride))
