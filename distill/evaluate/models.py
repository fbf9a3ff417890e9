"""The models that the evaluation compares: students, teachers and peers, behind one method.

Every model gets the same low-resolution pixels: a peer with a 112-pixel input gets the chip of a student, enlarged by
cubic interpolation. Features are cached on disk, because large peers take minutes.
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
from distill.teacher.model import Teacher
from distill.work_folder import WorkFolder
from recognizer.family import choose_chip_size
from recognizer.preprocess import l2_normalise


class Model(Protocol):
    """Embeds test faces at any size."""

    @property
    def name(self) -> str:
        """The name in tables."""
        ...

    def embed(self, faces: Chips, pixels: int) -> Float32:
        """Shrink sharp faces BGR uint8 (N,112,112,3) to `pixels` and embed them to unit rows float32 (N,D)."""
        ...


@dataclass(frozen=True, slots=True)
class CachedModel:
    """One ONNX recogniser. Faces smaller than its input are enlarged; it never gets more pixels than its input has.

    cache: folder of the test's features. key: identifies the model in file names of the cache.
    """

    name: str
    teacher: Teacher
    cache: Path
    key: str

    def embed(self, faces: Chips, pixels: int) -> Float32:
        """See Model.embed."""
        side = self.teacher.chip_side
        pixels = min(pixels, side)
        path = self.cache / f"{self.key}-{pixels}-{_fingerprint(faces)}.npy"
        if not path.exists():
            write_array(path, self.teacher.embed_chips(enlarge(shrink(faces, pixels), side)))
        features: Float32 = np.load(path)
        return features


@dataclass(frozen=True, slots=True)
class CachedEnsemble:
    """The teachers' weighted unit vectors, concatenated and normalised, as in training."""

    name: str
    members: Sequence[tuple[CachedModel, float]]

    def embed(self, faces: Chips, pixels: int) -> Float32:
        """See Model.embed."""
        weighted = [weight * model.embed(faces, pixels) for model, weight in self.members]
        return l2_normalise(np.concatenate(weighted, axis=1))


@dataclass(frozen=True, slots=True)
class AdaptedTeacher:
    """The teachers with the adaptation head: the targets of students.

    low_px: below the geometric mean of this and 112 pixels, the head treats faces as low-resolution ones.
    """

    name: str
    teacher: CachedEnsemble
    head: Head
    low_px: float

    def embed(self, faces: Chips, pixels: int) -> Float32:
        """See Model.embed."""
        features = self.teacher.embed(faces, pixels)
        is_low = pixels < np.sqrt(self.low_px * faces.shape[1])
        return self.head.project_low(features) if is_low else self.head(features)


@dataclass(frozen=True, slots=True)
class StudentFamily:
    """Students with a common feature space. Each face goes to the student that serving picks (recognizer/family.py)."""

    name: str
    members: Sequence[CachedModel]

    def embed(self, faces: Chips, pixels: int) -> Float32:
        """See Model.embed."""
        members = {member.teacher.chip_side: member for member in self.members}
        return members[choose_chip_size(members, pixels)].embed(faces, pixels)


def open_cached_ensemble(settings: Settings) -> CachedEnsemble:
    """Open the configured teachers with the cache of the work folder. Raises DistillError."""
    cache = WorkFolder(Path(settings.work)).test_features
    runtime = teacher_runtime(settings)
    members = [(open_cached_model(teacher, runtime, cache), teacher.weight) for teacher in settings.teachers]
    return CachedEnsemble("teacher", members)


def open_cached_model(settings: TeacherSettings, runtime: Runtime, cache: Path) -> CachedModel:
    """Open an ONNX recogniser, named after its file. Raises DistillError."""
    return CachedModel(find_model(settings).stem, open_teacher(settings, runtime), cache, model_key(settings))


def _fingerprint(faces: Chips) -> str:
    """Identify a test by its number of faces and a checksum of at most about 64 of them."""
    sample = faces[:: max(1, len(faces) // 64)].tobytes()
    return f"{len(faces)}-{zlib.crc32(sample):08x}"
