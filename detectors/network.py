"""A detection network under pictures of any size, shared by all formats.

Pictures are padded with black at the bottom and on the right to multiples of 32, never stretched. Each padded shape
has its own session and its own input, and the last few are kept: the memory of one session over many shapes never stops
growing. Cameras of several sizes, each with its pyramid of copies, need a dozen.

Coordinates are continuous: pixel i covers i..i+1, as in the output of YuNet and SCRFD (a mirrored picture gives boxes
mirrored about W - x, not W - 1 - x). To sample pixels at landmarks with cv2, subtract a half.
"""

from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import onnxruntime as ort

from detectors.arrays import AnyArray, Float32, Image
from detectors.base import Detections
from detectors.nms import is_part, suppress
from detectors.runtime import Runtime, open_session

STRIDES = (8, 16, 32)
_MULTIPLE = 32
_SESSIONS_KEPT = 16


@dataclass(frozen=True)
class Preprocessing:
    """How pixels become input: `(pixel - mean) * scale`, channels swapped to RGB or left BGR; `mean` in that order."""

    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    scale: float = 1.0
    rgb: bool = False


@dataclass(frozen=True)
class Outputs:
    """What the network said: float32 (cells, channels) by output name, for an input of `height` x `width` pixels.

    shrunk: input pixels per picture pixel; 1 unless the model has a fixed input smaller than the picture.
    """

    arrays: dict[str, Float32]
    height: int
    width: int
    shrunk: float


class Network:
    """Runs one model file on BGR pictures, in one thread.

    Raises FileNotFoundError or ValueError as `open_session` does.
    """

    def __init__(self, model: Path, runtime: Runtime, preprocessing: Preprocessing) -> None:
        self._model, self._runtime, self._preprocessing = model, runtime, preprocessing
        self._sessions: OrderedDict[tuple[int, int], tuple[ort.InferenceSession, Input]] = OrderedDict()
        probe = open_session(model, runtime)
        self._input = probe.get_inputs()[0]
        self.output_shapes: dict[str, list[int | str | None]] = {out.name: out.shape for out in probe.get_outputs()}
        height, width = self._input.shape[2:4]
        self._fixed = (height, width) if isinstance(height, int) and isinstance(width, int) else None

    def run(self, image: Image) -> Outputs:
        """Run on a BGR uint8 (H,W,3) picture; raises ValueError for any other array."""
        check_image(image)
        image, shrunk = self._fit(np.ascontiguousarray(image))
        height, width = self._fixed or (_round_up(image.shape[0]), _round_up(image.shape[1]))
        session, entry = self._session(height, width)
        made = session.run(None, {self._input.name: entry.fill(image)})
        arrays = {
            name: np.asarray(array, np.float32).reshape(-1, array.shape[-1])
            for name, array in zip(self.output_shapes, made, strict=True)
        }
        return Outputs(arrays, height, width, shrunk)

    def _fit(self, image: Image) -> tuple[Image, float]:
        """Shrink a picture that a fixed input cannot hold."""
        if self._fixed is None:
            return image, 1.0
        shrunk = min(1.0, self._fixed[0] / image.shape[0], self._fixed[1] / image.shape[1])
        if shrunk == 1.0:
            return image, shrunk
        size = (max(1, int(image.shape[1] * shrunk)), max(1, int(image.shape[0] * shrunk)))
        return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8), shrunk

    def _session(self, height: int, width: int) -> "tuple[ort.InferenceSession, Input]":
        known = self._sessions.pop((height, width), None)
        if known is None:
            session = open_session(self._model, self._runtime, shapes=self._free_dimensions(height, width))
            known = session, Input(height, width, self._preprocessing)
        self._sessions[height, width] = known
        if len(self._sessions) > _SESSIONS_KEPT:
            self._sessions.popitem(last=False)
        return known

    def _free_dimensions(self, height: int, width: int) -> dict[str, int]:
        """Sizes by dimension name. Older SCRFD files call both sides `?`: such a name can only be fixed for squares."""
        sizes: dict[str, int] = {}
        for name, size in zip(self._input.shape, (1, 3, height, width), strict=True):
            if isinstance(name, str) and name:
                if sizes.setdefault(name, size) != size:
                    return {}
        return sizes


class Input:
    """The input of one shape, in memory that is used again: new memory takes seven times as long to fill."""

    def __init__(self, height: int, width: int, how: Preprocessing) -> None:
        self._how = how
        self._planes = np.zeros((1, 3, height, width), np.float32)

    def fill(self, image: Image) -> Float32:
        """The preprocessed picture, BGR uint8 (H,W,3), padded with black: float32 (1,3,height,width)."""
        high, wide = image.shape[:2]
        channels = cv2.split(image)[:: -1 if self._how.rgb else 1]
        for plane, pixels, mean in zip(self._planes[0], channels, self._how.mean, strict=True):
            part = plane[:high, :wide]
            centred = np.subtract(pixels, np.float32(mean), out=part, dtype=np.float32) if mean else pixels
            np.multiply(centred, np.float32(self._how.scale), out=part, dtype=np.float32)
            plane[high:], plane[:, wide:] = -mean * self._how.scale, -mean * self._how.scale
        return self._planes


def check_image(image: AnyArray) -> None:
    """Raise ValueError unless the array is a BGR uint8 (H,W,3) picture; one pixel is enough: folders hold anything."""
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8:
        raise ValueError(f"image: expected BGR uint8 (H, W, 3), got {image.dtype} {image.shape}")
    if not image.size:
        raise ValueError(f"image: expected at least one pixel, got {image.shape[:2]}")


def postprocess(found: Detections, *, shrunk: float, iou: float) -> Detections:
    """Drop what is not finite or has no area, keep the best of each face, give picture pixels, best score first."""
    found = found[np.flatnonzero(np.isfinite(found.boxes).all(axis=1))]
    found = found[np.flatnonzero((found.boxes[:, 2:] > found.boxes[:, :2]).all(axis=1))]
    if found.landmarks is not None:
        found = found[np.flatnonzero(np.isfinite(found.landmarks).all(axis=(1, 2)))]
    found = found[suppress(found.boxes, found.scores, iou)]
    found = found[np.flatnonzero(~is_part(found.boxes, found.scores))]
    if shrunk == 1.0:
        return found
    scale = np.float32(1 / shrunk)
    landmarks = None if found.landmarks is None else found.landmarks * scale
    return Detections(found.boxes * scale, found.scores, landmarks)


def _round_up(size: int) -> int:
    return -(-size // _MULTIPLE) * _MULTIPLE
