"""Opens the teachers a configuration names, as one ensemble, and keeps the features of others out of a work folder."""

import hashlib
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from detectors.pack import PREFIX, recognition_model
from detectors.runtime import Runtime
from distill.config import Settings, TeacherSettings
from distill.data.manifest import read_or_create
from distill.errors import DistillError
from distill.teacher.model import Ensemble, Teacher, read_chip_spec
from distill.work_folder import WorkFolder
from recognizer.onnx import read_spec
from recognizer.spec import ChipSpec

INSIGHTFACE = Path(__file__).parents[2] / "configs" / "recognizers" / "insightface.yaml"


def open_teachers(settings: Sequence[TeacherSettings], runtime: Runtime) -> Ensemble:
    """All teachers side by side. Raises DistillError for none, a missing file or one that does not say its chips."""
    if not settings:
        raise DistillError("teachers: expected at least one, got none")
    teachers = [open_teacher(teacher, runtime) for teacher in settings]
    return Ensemble(teachers, [teacher.weight for teacher in settings])


def open_ensemble(settings: Settings) -> Ensemble:
    """The teachers of a work folder, which keeps the features of no others. Raises DistillError where it has some."""
    teacher = open_teachers(settings.teachers, teacher_runtime(settings))
    asked = [[model_key(one), one.weight] for one in settings.teachers]
    known = read_or_create(WorkFolder(Path(settings.work)).teachers, asked)
    if known != asked:
        raise DistillError(
            f"teachers: {settings.work} holds features of {_names(known)}, got {_names(asked)}; name another `work`"
        )
    return teacher


def model_key(settings: TeacherSettings) -> str:
    """Names a model file together with how its chips are cut: `stem-hash`. Raises DistillError, OSError."""
    model = find_model(settings)
    digest = hashlib.sha256(model.read_bytes() + repr(find_chip_spec(settings)).encode()).hexdigest()[:12]
    return f"{model.stem}-{digest}"


def _names(teachers: Sequence[Sequence[object]]) -> str:
    return " and ".join(f"{key} (weight {weight})" for key, weight in teachers)


def open_teacher(settings: TeacherSettings, runtime: Runtime) -> Teacher:
    """One ONNX recogniser with the chip_spec given, or its own."""
    model = find_model(settings)
    try:
        return Teacher(model, find_chip_spec(settings), runtime)
    except ValueError as error:  # damaged, or no such device
        raise DistillError(f"teachers.model: {error}") from None


def find_model(settings: TeacherSettings) -> Path:
    """The file of a teacher, found in its pack if it is one's. Raises DistillError."""
    if settings.model.startswith(PREFIX):
        try:
            return _of_pack(settings.model.removeprefix(PREFIX))
        except (FileNotFoundError, ValueError) as error:
            raise DistillError(f"teachers.model: {error}") from None
    model = Path(settings.model)
    if not model.is_file():
        raise DistillError(f"teachers.model: no such file: {model}")
    return model


@cache
def _of_pack(pack: str) -> Path:
    return recognition_model(pack)  # which opens every model of the pack to see


def find_chip_spec(settings: TeacherSettings) -> ChipSpec:
    """The spec named beside a model, that of every pack, or the one in its metadata. Raises DistillError."""
    try:
        if settings.model.startswith(PREFIX) and not settings.chip_spec:
            return read_chip_spec(INSIGHTFACE)
        return read_chip_spec(Path(settings.chip_spec)) if settings.chip_spec else read_spec(find_model(settings))
    except (ValueError, OSError) as error:
        raise DistillError(f"teachers: {error}") from None


def teacher_runtime(settings: Settings) -> Runtime:
    """Where teachers run."""
    return Runtime(device=settings.device, threads=settings.threads)
