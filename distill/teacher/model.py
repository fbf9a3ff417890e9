"""The frozen teacher: one ONNX recogniser, or an ensemble whose unit vectors are concatenated.

Each teacher cuts its own chip from the stored 112-pixel face by one warp, so teachers that expect different alignments
can share the stored faces.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np

from detectors.arrays import Chips, Float32, Float64
from detectors.runtime import Runtime, open_session
from distill.data.resample import shrink
from recognizer.chips import similarity
from recognizer.preprocess import l2_normalise, to_planes
from recognizer.spec import ARCFACE_112, ChipSpec, arcface_landmarks

BATCH_SIZE = {"cpu": 4, "cuda": 256}  # on a CPU, feature maps of a larger batch exceed the cache


class Teacher:
    """One ONNX recogniser for faces that are aligned to the ArcFace template at 112 pixels."""

    def __init__(self, model: Path | bytes, spec: ChipSpec, runtime: Runtime) -> None:
        self._session = open_session(model, runtime)
        self._input = self._session.get_inputs()[0].name
        self._batch_size = BATCH_SIZE[runtime.device]
        self.spec = spec
        self._warp = template_warp(spec)
        self._same_crop = follows_arcface(spec)

    @property
    def chip_side(self) -> int:
        """Side of the chips that `embed_chips` takes: the model's input side if it uses the ArcFace crop, else 112."""
        return self.spec.size if self._same_crop else 112

    def embed(self, faces: Chips) -> Float32:
        """Embed faces BGR uint8 (N,112,112,3) to unit rows float32 (N,D)."""
        return self._in_batches(faces, self._cut_chips)

    def embed_chips(self, chips: Chips) -> Float32:
        """Embed chips BGR uint8 (N,chip_side,chip_side,3) in the ArcFace crop to unit rows float32 (N,D)."""
        if not self._same_crop:
            return self.embed(chips)
        return self._in_batches(chips, lambda part: part)

    def _in_batches(self, faces: Chips, cut: Callable[[Chips], Chips]) -> Float32:
        size = self._batch_size
        parts = [self._run(cut(faces[start : start + size])) for start in range(0, len(faces), size)]
        return l2_normalise(np.concatenate(parts))

    def _cut_chips(self, faces: Chips) -> Chips:
        if self._same_crop and self.spec.size != faces.shape[1]:
            return shrink(faces, self.spec.size)
        return faces if self._warp is None else self._rewarp(faces)

    def _run(self, chips: Chips) -> Float32:
        output: Float32 = self._session.run(None, {self._input: to_planes(chips, self.spec, exact=True)})[0]
        return output.reshape(len(chips), -1)

    def _rewarp(self, faces: Chips) -> Chips:
        size = (self.spec.size, self.spec.size)
        assert self._warp is not None
        chips = [cv2.warpAffine(face, self._warp, size, flags=cv2.INTER_LINEAR) for face in faces]
        return np.asarray(chips, np.uint8)


class Embeds(Protocol):
    """What an ensemble needs of a teacher."""

    def embed(self, faces: Chips) -> Float32: ...


class Ensemble:
    """Several teachers as one: their unit vectors are weighted, concatenated and normalised again."""

    def __init__(self, teachers: Sequence[Embeds], weights: Sequence[float]) -> None:
        if not teachers or len(teachers) != len(weights):
            raise ValueError(f"teachers: expected one weight each, got {len(teachers)} and {len(weights)}")
        self._teachers, self._weights = teachers, weights
        self.dim = self.embed(np.zeros((1, 112, 112, 3), np.uint8)).shape[1]

    def embed(self, faces: Chips) -> Float32:
        """Embed faces BGR uint8 (N,112,112,3) to unit rows float32 (N, sum of D)."""
        parts = [weight * teacher.embed(faces) for teacher, weight in zip(self._teachers, self._weights, strict=True)]
        return parts[0] if len(parts) == 1 and self._weights[0] == 1 else l2_normalise(np.concatenate(parts, axis=1))


def follows_arcface(spec: ChipSpec) -> bool:
    """Whether the model sees the ArcFace crop, at any size."""
    return np.allclose(spec.template, arcface_landmarks(spec.size), atol=0.02 * spec.size / 112)


def template_warp(spec: ChipSpec) -> Float64 | None:
    """Return the affine map (2,3) from 112-pixel ArcFace chips to the chips of `spec`, or None if they are equal."""
    source, target = np.array(ARCFACE_112), np.array(spec.template)
    if spec.size == 112 and np.allclose(source, target, atol=0.01):
        return None
    return similarity(source, target)
