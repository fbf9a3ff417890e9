"""The frozen teacher: any ONNX recogniser, or several whose unit vectors are joined.

The surprising decision: teachers get their chips from the stored 112-pixel faces by one warp, so an ensemble whose
members are aligned differently still looks at the same face.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import msgspec
import numpy as np
import yaml

from detectors.arrays import AnyFloat, Chips, Float32, Float64
from detectors.runtime import Runtime, open_session
from distill.data.resample import shrink
from recognizer.spec import ARCFACE_112, ChipSpec, arcface_landmarks

BATCH = {"cpu": 4, "cuda": 256}  # on a CPU the planes of a larger one fall out of a core's cache


class Teacher:
    """One ONNX recogniser on faces aligned to the ArcFace template at 112 pixels."""

    def __init__(self, model: Path | bytes, spec: ChipSpec, runtime: Runtime) -> None:
        self._session = open_session(model, runtime)
        self._input = self._session.get_inputs()[0].name
        self._batch = BATCH[runtime.device]
        self.spec = spec
        self._warp = template_warp(spec)
        self._same_crop = np.allclose(spec.template, arcface_landmarks(spec.size), atol=0.02 * spec.size / 112)

    @property
    def chip_side(self) -> int:
        """Side of a face in the ArcFace crop that fills this model's input: its own size, where it is cut that way."""
        return self.spec.size if self._same_crop else 112

    def embed(self, faces: Chips) -> Float32:
        """Unit rows float32 (N,D) of BGR uint8 (N,112,112,3) faces."""
        return self._in_batches(faces, self._own)

    def embed_chips(self, chips: Chips) -> Float32:
        """Unit rows of BGR uint8 (N,chip_side,chip_side,3) chips in the ArcFace crop."""
        if not self._same_crop:
            return self.embed(chips)
        return self._in_batches(chips, lambda part: part)

    def _in_batches(self, faces: Chips, cut: Callable[[Chips], Chips]) -> Float32:
        size = self._batch
        parts = [self._run(cut(faces[start : start + size])) for start in range(0, len(faces), size)]
        return l2_normalise(np.concatenate(parts))

    def _own(self, faces: Chips) -> Chips:
        if self._same_crop and self.spec.size != faces.shape[1]:
            return shrink(faces, self.spec.size)
        return faces if self._warp is None else self._rewarp(faces)

    def _run(self, chips: Chips) -> Float32:
        ordered = chips if self.spec.color == "BGR" else chips[..., ::-1]
        mean, std = np.asarray(self.spec.mean, np.float32), np.asarray(self.spec.std, np.float32)
        planes = np.ascontiguousarray(((ordered - mean) / std).transpose(0, 3, 1, 2), np.float32)
        output: Float32 = self._session.run(None, {self._input: planes})[0]
        return output.reshape(len(chips), -1)

    def _rewarp(self, faces: Chips) -> Chips:
        size = (self.spec.size, self.spec.size)
        assert self._warp is not None
        chips = [cv2.warpAffine(face, self._warp, size, flags=cv2.INTER_LINEAR) for face in faces]
        return np.asarray(chips, np.uint8)


class Ensemble:
    """Teachers side by side: weighted unit vectors, concatenated and made unit again."""

    def __init__(self, teachers: Sequence[Teacher], weights: Sequence[float]) -> None:
        if not teachers or len(teachers) != len(weights):
            raise ValueError(f"teachers: expected one weight each, got {len(teachers)} and {len(weights)}")
        self._teachers, self._weights = teachers, weights
        self.dim = self.embed(np.zeros((1, 112, 112, 3), np.uint8)).shape[1]

    def embed(self, faces: Chips) -> Float32:
        """Unit rows float32 (N, sum of D) of BGR uint8 (N,112,112,3) faces."""
        parts = [w * teacher.embed(faces) for teacher, w in zip(self._teachers, self._weights, strict=True)]
        return parts[0] if len(parts) == 1 and self._weights[0] == 1 else l2_normalise(np.concatenate(parts, axis=1))


def template_warp(spec: ChipSpec) -> Float64 | None:
    """(2,3) affine map from 112-pixel ArcFace chips to a teacher's own chip; None where they are the same."""
    source, target = np.array(ARCFACE_112) @ [1, 1j], np.array(spec.template) @ [1, 1j]
    if spec.size == 112 and np.allclose(source, target, atol=0.01):
        return None
    centred = source - source.mean()
    a = np.vdot(centred, target - target.mean()) / np.vdot(centred, centred)
    b = target.mean() - a * source.mean()
    found: Float64 = np.array([[a.real, -a.imag, b.real], [a.imag, a.real, b.imag]])
    return found


def l2_normalise(vectors: AnyFloat) -> Float32:
    """Rows of length one; a zero row stays zero."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    found: Float32 = (vectors / np.maximum(lengths, 1e-12)).astype(np.float32)
    return found


def read_chip_spec(path: Path) -> ChipSpec:
    """The `chip_spec` mapping of a YAML file. Raises ValueError, OSError."""
    raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    if not isinstance(raw, dict) or "chip_spec" not in raw:
        raise ValueError(f"{path}: expected a mapping with chip_spec, got {raw!r}")
    return msgspec.convert(raw["chip_spec"], ChipSpec)
