"""A trained student as ONNX files that say how they want their chips: fp32, and int8 as the default.

The surprising decision: nothing is written unless it was read back. torch and ONNX Runtime must agree on real chips,
and int8 must read the test within `export.max_int8_drop` points of fp32, or the export fails and leaves the old files.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
import torch

from detectors.arrays import Chips
from detectors.runtime import Runtime
from distill.adapt.stage import read_head
from distill.config import Settings
from distill.data.resample import shrink
from distill.data.store import write_atomic
from distill.errors import DistillError
from distill.export.card import make_card
from distill.export.onnx_file import export_onnx, set_metadata
from distill.export.quantise import quantise
from distill.progress import Log
from distill.teacher.model import Teacher
from distill.training.checkpoint import load_checkpoint
from distill.training.dataset import FaceDataset
from distill.training.student import FlipTTA, Student, UnitNormStudent
from distill.training.students import load_student
from distill.training.validation import Validation, embed
from distill.work_folder import WorkFolder
from recognizer.preprocess import to_planes
from recognizer.spec import ChipSpec, arcface_landmarks

AGREE = 1e-4  # largest difference of a unit vector's element between torch and ONNX Runtime


@dataclass(frozen=True, slots=True)
class Exported:
    """What the export saw: file sizes in bytes, the largest torch difference, the mean int8 cosine, the test."""

    files: dict[str, int]
    difference: float
    cosine: float
    accuracies: dict[str, dict[str, float]]


def export(settings: Settings, name: str, log: Log) -> Exported:
    """Write `<name>_<student>.onnx` (int8) and `…_fp32.onnx`. Raises DistillError for one not good enough."""
    mine, work = settings.students[name], WorkFolder(Path(settings.work))
    if mine.pool or mine.adapt:
        raise DistillError(f"students.{name}: has a pool or a head of its own, and so lives in another space")
    student = load_student(settings, name)
    chips = calibration_chips(settings, student.shape.size)
    spec = make_chip_spec(settings, name, student)
    reader = FlipTTA(student).eval() if mine.flip_tta else student
    full = with_spec(to_onnx(reader, student.shape.size), spec)
    difference = check_agreement(reader, full, spec, chips)
    signed, blocks = settings.export.int8_activations == "s8", student.shape.stages[0].blocks
    small = with_spec(quantise(full, to_planes(chips, spec, exact=True), signed=signed, blocks=blocks), spec)
    teacher_like = {"fp32": Teacher(full, spec, Runtime()), "int8": Teacher(small, spec, Runtime())}
    cosine = float((teacher_like["fp32"].embed_chips(chips) * teacher_like["int8"].embed_chips(chips)).sum(1).mean())
    check = Validation(settings, spec.size, read_head(work))
    accuracies = {kind: _read(check, model) for kind, model in teacher_like.items()}
    lost = accuracies["fp32"].get("low_low", 0.0) - accuracies["int8"].get("low_low", 0.0)
    if lost > settings.export.max_int8_drop:
        raise DistillError(
            f"export.max_int8_drop: int8 {name} may lose {settings.export.max_int8_drop} points of LFW, lost {lost:.2f}"
        )
    folder = Path(settings.export.folder)
    stem = f"{settings.export.name}_{name}"
    files = {f"{stem}.onnx": small, f"{stem}_fp32.onnx": full}
    done = Exported({file: len(data) for file, data in files.items()}, difference, cosine, accuracies)
    found = load_checkpoint(work.student(name).checkpoint) or {}
    text = make_card(settings, name, found, msgspec.to_builtins(done))  # before anything is replaced: it may refuse
    for file, data in files.items():
        write_atomic(folder / file, data)
    write_atomic(folder / f"{stem}.md", text.encode())
    read_head(work).save(folder / f"{settings.export.name}_head.npz")  # others may learn its space
    log.write("export", student=name, **msgspec.to_builtins(done))
    return done


def to_onnx(student: Student | FlipTTA, size: int) -> bytes:
    """The student of chips of this size as an fp32 file with unit rows as its output and a free batch size."""
    return export_onnx(
        UnitNormStudent(student),
        torch.zeros(1, 3, size, size),
        names=("chips", ["features"]),
        free_axes={"chips": {0: "n"}, "features": {0: "n"}},
    )


def with_spec(model: bytes, spec: ChipSpec) -> bytes:
    """The same model with `chip_spec` in its metadata."""
    return set_metadata(model, "chip_spec", msgspec.json.encode(spec).decode())


def make_chip_spec(settings: Settings, name: str, student: Student) -> ChipSpec:
    """How serving shall cut and normalise this student's chips."""
    lineage = settings.export.lineage or f"{settings.export.name}-{space_id(settings)}"
    return ChipSpec(
        size=student.shape.size,
        color="RGB",
        landmarks=arcface_landmarks(student.shape.size),
        dim=student.shape.dim,
        model_id=f"{lineage}-{name}",
        lineage=lineage,
    )


def space_id(settings: Settings) -> str:
    """Eight hex digits of the adaptation head: students of one head share a space, and others do not."""
    head = read_head(WorkFolder(Path(settings.work)))
    return hashlib.sha256(head.matrix.tobytes() + head.mean.tobytes()).hexdigest()[:8]


def check_agreement(student: Student | FlipTTA, model: bytes, spec: ChipSpec, chips: Chips) -> float:
    """The largest difference between torch's and ONNX Runtime's unit rows. Raises DistillError above AGREE."""
    difference = float(np.abs(embed(student, chips) - Teacher(model, spec, Runtime()).embed_chips(chips)).max())
    if not difference <= AGREE:
        raise DistillError(f"export: torch and ONNX Runtime must agree within {AGREE}, differ by {difference:.2g}")
    return difference


def calibration_chips(settings: Settings, size: int) -> Chips:
    """Real labelled faces at this size, BGR uint8 (N,size,size,3): what int8 ranges are measured on."""
    work = WorkFolder(Path(settings.work))
    pool = FaceDataset(work, read_head(work), sharp_only=False, limit=4096)
    pool.refresh()
    masters, *_ = pool.sample(settings.export.int8_calibration_faces, 1.0, np.random.default_rng(settings.seed))
    return shrink(masters, size)


def _read(check: Validation, model: Teacher) -> dict[str, float]:
    """The test's figures; none without a test configured."""
    return check.metrics(model.embed_chips(check.chips)) if len(check.chips) else {}
