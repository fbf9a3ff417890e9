"""Opens the configured teachers as one ensemble, and keeps features of different teachers in different work folders."""

import hashlib
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import torch

from detectors.pack import PREFIX, recognition_model
from detectors.runtime import Runtime
from distill.config import Settings, TeacherSettings
from distill.data.manifest import read_or_create
from distill.errors import DistillError
from distill.teacher.model import Ensemble, Teacher
from distill.teacher.on_device import DeviceEnsemble, DeviceTeacher
from distill.work_folder import WorkFolder
from recognizer.onnx import load_chip_spec, read_chip_spec
from recognizer.spec import ChipSpec

# The fields of a chip spec that identify features on disk. Fields of a later version do not change features.
HASHED_FIELDS = ("size", "color", "mean", "std", "landmarks", "dim", "model_id", "lineage")
INSIGHTFACE = Path(__file__).parents[2] / "configs" / "recognizers" / "insightface.yaml"


def open_ensemble(settings: Settings) -> Ensemble:
    """Open all teachers. Raises DistillError for none, a missing file, or a work folder with features of others."""
    if not settings.teachers:
        raise DistillError("teachers: expected at least one, got none")
    weights = [teacher.weight for teacher in settings.teachers]
    ensemble = _open_on_device(settings, weights) if runs_by_torch(settings) else _open_sessions(settings, weights)
    record_teachers(settings)
    return ensemble


def record_teachers(settings: Settings) -> list[list[object]]:
    """Note in the work folder whose features it holds. Raises DistillError if it holds those of other teachers."""
    current: list[list[object]] = [[model_key(teacher), teacher.weight] for teacher in settings.teachers]
    recorded = read_or_create(WorkFolder(Path(settings.work)).teachers, current)
    if recorded != current:
        raise DistillError(
            f"teachers: {settings.work} holds features of {_names(recorded)}, got {_names(current)};"
            " name another `work`"
        )
    return current


def runs_by_torch(settings: Settings) -> bool:
    """Whether teachers are run by torch operators (`teacher_engine`)."""
    return settings.teacher_engine == "torch" or (settings.teacher_engine == "auto" and settings.device == "cuda")


def _open_sessions(settings: Settings, weights: Sequence[float]) -> Ensemble:
    return Ensemble([open_teacher(teacher, teacher_runtime(settings)) for teacher in settings.teachers], weights)


def _open_on_device(settings: Settings, weights: Sequence[float]) -> Ensemble:
    if settings.device == "cuda" and not torch.cuda.is_available():
        raise DistillError("device: expected a GPU that torch can use for cuda, found none")
    torch.set_float32_matmul_precision("high")  # TF32 on a GPU: targets agree with float32 within a cosine of 0.9999
    device = torch.device(settings.device)
    teachers = [DeviceTeacher(find_model(each), find_chip_spec(each), device) for each in settings.teachers]
    return DeviceEnsemble(teachers, weights)


def open_teacher(settings: TeacherSettings, runtime: Runtime) -> Teacher:
    """Open one ONNX recogniser. Raises DistillError if the model or its `chip_spec` is missing or unreadable."""
    model = find_model(settings)
    try:
        return Teacher(model, find_chip_spec(settings), runtime)
    except ValueError as error:  # damaged file, or no such device
        raise DistillError(f"teachers.model: {error}") from None


def find_model(settings: TeacherSettings) -> Path:
    """Return the file of a model, or the recogniser of a pack. Raises DistillError if there is none."""
    if settings.model.startswith(PREFIX):
        try:
            return _find_in_pack(settings.model.removeprefix(PREFIX))
        except (FileNotFoundError, ValueError) as error:
            raise DistillError(f"teachers.model: {error}") from None
    model = Path(settings.model)
    if not model.is_file():
        raise DistillError(f"teachers.model: no such file: {model}")
    return model


def find_chip_spec(settings: TeacherSettings) -> ChipSpec:
    """Return the configured chip spec, else that of insightface packs, else the model's own. Raises DistillError."""
    try:
        if settings.model.startswith(PREFIX) and not settings.chip_spec:
            return load_chip_spec(INSIGHTFACE)
        return load_chip_spec(settings.chip_spec) if settings.chip_spec else read_chip_spec(find_model(settings))
    except (ValueError, OSError) as error:
        raise DistillError(f"teachers: {error}") from None


def model_key(settings: TeacherSettings) -> str:
    """Identify a model file and its preprocessing: `stem-hash`. Raises DistillError, OSError."""
    model, spec = find_model(settings), find_chip_spec(settings)
    described = ", ".join(f"{name}={getattr(spec, name)!r}" for name in HASHED_FIELDS)
    digest = hashlib.sha256(model.read_bytes() + f"ChipSpec({described})".encode()).hexdigest()[:12]
    return f"{model.stem}-{digest}"


def teacher_runtime(settings: Settings) -> Runtime:
    """Return the device and number of threads of the teachers."""
    return Runtime(device=settings.device, threads=settings.threads)


@cache  # finding the recogniser opens every model of the pack
def _find_in_pack(pack: str) -> Path:
    return recognition_model(pack)


def _names(teachers: Sequence[Sequence[object]]) -> str:
    return " and ".join(f"{key} (weight {weight})" for key, weight in teachers)
