"""Whatever the evaluation reads: a student's ONNX file, the teacher itself, or a peer, all behind one method.

The surprising decision: a model is fed the low view at its own input size, so that a 112-pixel peer gets the very
pixels a student gets, enlarged by cubic interpolation.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from detectors.runtime import Runtime
from distill.config import TeacherSettings
from distill.head import Head
from distill.teacher import Ensemble, Teacher
from distill.teachers import chip_spec
from distill.views import enlarged, shrunk

Float = NDArray[np.float32]
Chips = NDArray[np.uint8]


class Model(Protocol):
    """Anything the test can be read with."""

    @property
    def name(self) -> str:
        """How tables call it."""
        ...

    def read(self, faces: Chips, pixels: int) -> Float:
        """Unit rows (N,D) of sharp BGR uint8 (N,112,112,3) faces shrunk to `pixels`."""
        ...


@dataclass(frozen=True, slots=True)
class Peer:
    """A model with its own input size; a face smaller than it is enlarged, a larger one is shrunk straight to it."""

    name: str
    teacher: Teacher

    def read(self, faces: Chips, pixels: int) -> Float:
        """See Model.read."""
        size = self.teacher.chip_side
        small = shrunk(faces, min(pixels, size))
        return self.teacher.embed_chips(enlarged(small, size))


@dataclass(frozen=True, slots=True)
class Adapted:
    """The teacher with its adaptation head: what students imitate."""

    name: str
    teacher: Ensemble
    head: Head

    def read(self, faces: Chips, pixels: int) -> Float:
        """See Model.read."""
        return self.head(self.teacher.embed(enlarged(shrunk(faces, pixels), faces.shape[1])))


@dataclass(frozen=True, slots=True)
class Family:
    """Students of one space: a face is read by the one nearest in ratio, as serving chooses (recognizer/family.py)."""

    name: str
    members: tuple[Peer, ...]

    def read(self, faces: Chips, pixels: int) -> Float:
        """See Model.read."""
        nearest = min(self.members, key=lambda member: abs(np.log(member.teacher.chip_side / pixels)))
        return nearest.read(faces, pixels)


def open_peer(settings: TeacherSettings, runtime: Runtime) -> Peer:
    """Any ONNX recogniser, named by its file."""
    model = Path(settings.model)
    return Peer(model.stem, Teacher(model, chip_spec(settings), runtime))
