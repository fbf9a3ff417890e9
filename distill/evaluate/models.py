"""Whatever the evaluation reads: a student's ONNX file, the teacher itself, or a peer, all behind one method.

The surprising decision: a model is fed the low view at its own input size, so that a 112-pixel peer gets the very
pixels a student gets, enlarged by cubic interpolation. What was read once is kept on disk: peers cost minutes.
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from detectors.arrays import Chips, Float32
from detectors.runtime import Runtime
from distill.adapt.head import Head
from distill.config import Settings, TeacherSettings
from distill.data.resample import enlarge, shrink
from distill.data.store import write_array
from distill.teacher.ensemble import find_model, model_key, open_teacher, teacher_runtime
from distill.teacher.model import Teacher, l2_normalise
from distill.work_folder import WorkFolder
from recognizer.family import suited


class Model(Protocol):
    """Anything the test can be read with."""

    @property
    def name(self) -> str:
        """How tables call it."""
        ...

    def embed(self, faces: Chips, pixels: int) -> Float32:
        """Unit rows (N,D) of sharp BGR uint8 (N,112,112,3) faces shrunk to `pixels`."""
        ...


@dataclass(frozen=True, slots=True)
class CachedModel:
    """A model with its own input size; a face smaller than it is enlarged, a larger one is shrunk straight to it.

    cache: where features of the test are kept. key: names the model's file there.
    """

    name: str
    teacher: Teacher
    cache: Path
    key: str

    def embed(self, faces: Chips, pixels: int) -> Float32:
        """See Model.embed."""
        size = self.teacher.chip_side
        seen = min(pixels, size)  # nothing larger than its input reaches a model
        path = self.cache / f"{self.key}-{seen}-{_mark(faces)}.npy"
        if not path.exists():
            write_array(path, self.teacher.embed_chips(enlarge(shrink(faces, seen), size)))
        found: Float32 = np.load(path)
        return found


@dataclass(frozen=True, slots=True)
class CachedEnsemble:
    """The teachers, joined as in training."""

    name: str
    members: Sequence[tuple[CachedModel, float]]

    def embed(self, faces: Chips, pixels: int) -> Float32:
        """See Model.embed."""
        weighted = [weight * model.embed(faces, pixels) for model, weight in self.members]
        return l2_normalise(np.concatenate(weighted, axis=1))


@dataclass(frozen=True, slots=True)
class AdaptedTeacher:
    """The joined teachers with their adaptation head: what students imitate. low_px: below the geometric middle of
    this and 112, features are taken about the mean of small views."""

    name: str
    teacher: CachedEnsemble
    head: Head
    low_px: float

    def embed(self, faces: Chips, pixels: int) -> Float32:
        """See Model.embed."""
        features = self.teacher.embed(faces, pixels)
        small = pixels < np.sqrt(self.low_px * faces.shape[1])
        return self.head.project_low(features) if small else self.head(features)


@dataclass(frozen=True, slots=True)
class StudentFamily:
    """Students of one space: a face is read by the one that serving chooses (recognizer/family.py)."""

    name: str
    members: Sequence[CachedModel]

    def embed(self, faces: Chips, pixels: int) -> Float32:
        """See Model.embed."""
        members = {member.teacher.chip_side: member for member in self.members}
        return members[suited(members, pixels)].embed(faces, pixels)


def open_cached_ensemble(settings: Settings) -> CachedEnsemble:
    """The configured teachers, reading the test through the cache of the work folder."""
    cache = WorkFolder(Path(settings.work)).test_features
    runtime = teacher_runtime(settings)
    members = [(open_cached_model(teacher, runtime, cache), teacher.weight) for teacher in settings.teachers]
    return CachedEnsemble("teacher", members)


def open_cached_model(settings: TeacherSettings, runtime: Runtime, cache: Path) -> CachedModel:
    """Any ONNX recogniser, named by its file."""
    return CachedModel(find_model(settings).stem, open_teacher(settings, runtime), cache, model_key(settings))


def _mark(faces: Chips) -> str:
    """Tells one test from another: how many faces, and a checksum of some of them."""
    some = faces[:: max(1, len(faces) // 64)].tobytes()
    return f"{len(faces)}-{zlib.crc32(some):08x}"
