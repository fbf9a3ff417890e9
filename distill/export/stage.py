"""Stage `export`: writes a trained student as ONNX files, int8 and fp32, with a chip spec in their metadata.

Before anything is written, torch and ONNX Runtime must agree on real chips, and int8 must stay within
`export.max_int8_drop` points of the fp32 accuracy.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
import torch

from detectors.arrays import Chips
from detectors.runtime import Runtime
from distill.adapt.stage import read_head
from distill.config import Settings
from distill.data.degrade import degrade
from distill.data.resample import shrink
from distill.data.store import write_atomic
from distill.errors import DistillError
from distill.export.card import make_card
from distill.export.correct import correct_last_layer
from distill.export.onnx_file import check_difference, export_onnx, set_metadata
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

CORRECTION_VIEWS = 4  # for each face that ranges are measured on; the last layer of B-32 has 1,024 inputs
TOLERANCE = 1e-4  # largest difference of an element of a unit vector between torch and ONNX Runtime


@dataclass(frozen=True, slots=True)
class Exported:
    """What an export measured.

    files: sizes in bytes by name. difference: largest between torch and ONNX Runtime. cosine: mean of int8 and fp32
    features. accuracies: of LFW in per cent, by `fp32` and `int8`; empty without a test.
    """

    files: dict[str, int]
    difference: float
    cosine: float
    accuracies: dict[str, dict[str, float]]


def export(settings: Settings, name: str, log: Log) -> Exported:
    """Write a student as int8 and fp32 ONNX files with a model card, and the adaptation head beside them.

    Raises DistillError, and leaves earlier files as they are, if the files fail a check or the card lacks data.
    """
    if settings.students[name].pool or settings.students[name].adapt:
        raise DistillError(f"students.{name}: has a pool or a head of its own, and so lives in another space")
    work = WorkFolder(Path(settings.work))
    student = load_student(settings, name)
    spec = make_chip_spec(settings, name, student)
    chips = calibration_chips(settings, spec.size)
    fp32, difference = _make_fp32(settings, name, student, spec, chips)
    int8 = _make_int8(settings, name, fp32, spec, chips)
    cosine, accuracies = _compare(settings, name, {"fp32": fp32, "int8": int8}, spec, chips)

    stem = f"{settings.export.name}_{name}"
    files = {f"{stem}.onnx": int8, f"{stem}_fp32.onnx": fp32}
    exported = Exported({file: len(data) for file, data in files.items()}, difference, cosine, accuracies)
    checkpoint = load_checkpoint(work.student(name).checkpoint) or {}
    files[f"{stem}.md"] = make_card(settings, name, checkpoint, msgspec.to_builtins(exported)).encode()
    folder = Path(settings.export.folder)
    for file, data in files.items():
        write_atomic(folder / file, data)
    read_head(work).save(folder / f"{settings.export.name}_head.npz")  # for students that join the space later
    log.write("export", student=name, **msgspec.to_builtins(exported))
    return exported


def to_onnx(student: Student | FlipTTA, size: int) -> bytes:
    """Convert a student for chips of `size` pixels to an fp32 file; its batch size is free.

    Outputs: `features`, unit rows (N,dim), and `length` (N,) of the raw features.
    """
    return export_onnx(
        UnitNormStudent(student),
        torch.zeros(1, 3, size, size),
        names=("chips", ["features", "length"]),
        free_axes={"chips": {0: "n"}, "features": {0: "n"}, "length": {0: "n"}},
    )


def add_chip_spec(model: bytes, spec: ChipSpec) -> bytes:
    """Store a chip spec in the metadata of a model."""
    return set_metadata(model, "chip_spec", msgspec.json.encode(spec).decode())


def make_chip_spec(settings: Settings, name: str, student: Student) -> ChipSpec:
    """Describe how serving must cut and normalise chips for this student."""
    lineage = settings.export.lineage or f"{settings.export.name}-{space_id(settings)}"
    return ChipSpec(
        size=student.shape.size,
        color="RGB",
        landmarks=arcface_landmarks(student.shape.size),
        dim=student.shape.dim,
        model_id=f"{lineage}-{name}",
        lineage=lineage,
        max_face_px=float(settings.students[name].max_face_px),
    )


def space_id(settings: Settings) -> str:
    """Identify the feature space by eight hex digits of a hash of the adaptation head, which all its students share."""
    head = read_head(WorkFolder(Path(settings.work)))
    return hashlib.sha256(head.matrix.tobytes() + head.mean.tobytes()).hexdigest()[:8]


def check_agreement(student: Student | FlipTTA, model: bytes, spec: ChipSpec, chips: Chips) -> float:
    """Return the largest difference of unit rows between torch as in training and the file as in serving.

    Both start from pixels, so a chip spec that differs from training's preprocessing fails too. Raises DistillError.
    """
    served = Teacher(model, spec, Runtime()).embed_chips(chips)
    return check_difference(served, embed(student, chips), tolerance=TOLERANCE)


def calibration_chips(settings: Settings, size: int) -> Chips:
    """Return labelled faces BGR uint8 (N,size,size,3) to measure int8 ranges with."""
    return shrink(_sample_faces(settings, settings.export.int8_calibration_faces), size)


def _sample_faces(settings: Settings, count: int) -> Chips:
    work = WorkFolder(Path(settings.work))
    dataset = FaceDataset(work, read_head(work), sharp_only=False, limit=4096)
    dataset.refresh()
    masters, *_ = dataset.sample(count, 1.0, np.random.default_rng(settings.seed))
    return masters


def _make_fp32(settings: Settings, name: str, student: Student, spec: ChipSpec, chips: Chips) -> tuple[bytes, float]:
    """Return the fp32 file and its largest difference from torch."""
    network = FlipTTA(student).eval() if settings.students[name].flip_tta else student
    model = add_chip_spec(to_onnx(network, spec.size), spec)
    return model, check_agreement(network, model, spec, chips)


def _make_int8(settings: Settings, name: str, fp32: bytes, spec: ChipSpec, chips: Chips) -> bytes:
    """Quantise by the ranges of clean chips, then correct the last layer on views as degraded as in training."""
    signed, blocks = settings.export.int8_activations == "s8", settings.students[name].stages[0].blocks
    int8 = quantise(fp32, to_planes(chips, spec, exact=True), signed=signed, blocks=blocks)
    rng = np.random.default_rng(settings.seed)
    masters = _sample_faces(settings, CORRECTION_VIEWS * settings.export.int8_calibration_faces)
    views = degrade(masters, spec.size, settings.students[name].degrade, rng)
    return add_chip_spec(correct_last_layer(int8, fp32, to_planes(views, spec, exact=True)), spec)


def _compare(
    settings: Settings, name: str, models: Mapping[str, bytes], spec: ChipSpec, chips: Chips
) -> tuple[float, dict[str, dict[str, float]]]:
    """Return mean cosine and test accuracies of int8 and fp32. Raises DistillError if int8 loses too much."""
    opened = {kind: Teacher(model, spec, Runtime()) for kind, model in models.items()}
    cosine = float((opened["fp32"].embed_chips(chips) * opened["int8"].embed_chips(chips)).sum(1).mean())
    test = Validation(settings, spec.size, read_head(WorkFolder(Path(settings.work))))
    accuracies = {
        kind: test.metrics(m.embed_chips(test.chips)) if len(test.chips) else {} for kind, m in opened.items()
    }
    for metric, setting in (("low_low", "max_int8_drop"), ("strict", "max_int8_strict_drop")):
        _check_loss(name, metric, accuracies, setting, getattr(settings.export, setting))
    return cosine, accuracies


def _check_loss(name: str, metric: str, found: Mapping[str, Mapping[str, float]], setting: str, allowed: float) -> None:
    """Raise DistillError if int8 loses more points than allowed against fp32."""
    lost = round(found["fp32"].get(metric, 0.0) - found["int8"].get(metric, 0.0), 2)
    if lost > allowed:
        raise DistillError(f"export.{setting}: int8 {name} may lose {allowed} points of {metric}, lost {lost:.2f}")
