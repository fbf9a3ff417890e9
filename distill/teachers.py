"""Opens the teachers a configuration names, as one ensemble."""

from collections.abc import Sequence
from pathlib import Path

from detectors.runtime import Runtime
from distill.config import Settings, TeacherSettings
from distill.errors import DistillError
from distill.teacher import Ensemble, Teacher, read_chip_spec
from recognizer.onnx import read_spec
from recognizer.spec import ChipSpec


def open_teachers(settings: Sequence[TeacherSettings], runtime: Runtime) -> Ensemble:
    """All teachers side by side. Raises DistillError for none, a missing file or one that does not say its chips."""
    if not settings:
        raise DistillError("teachers: expected at least one, got none")
    teachers = [open_teacher(teacher, runtime) for teacher in settings]
    return Ensemble(teachers, [teacher.weight for teacher in settings])


def open_teacher(settings: TeacherSettings, runtime: Runtime) -> Teacher:
    """One ONNX recogniser with the chip_spec given, or its own."""
    model = Path(settings.model)
    if not model.is_file():
        raise DistillError(f"teachers.model: no such file: {model}")
    return Teacher(model, chip_spec(settings), runtime)


def chip_spec(settings: TeacherSettings) -> ChipSpec:
    """The spec named beside a model, or the one in its metadata. Raises DistillError."""
    try:
        return read_chip_spec(Path(settings.chip_spec)) if settings.chip_spec else read_spec(Path(settings.model))
    except (ValueError, OSError) as error:
        raise DistillError(f"teachers: {error}") from None


def runtime_of(settings: Settings) -> Runtime:
    """Where teachers run."""
    return Runtime(device=settings.device, threads=settings.threads)
