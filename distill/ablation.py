"""Command `ablation`: trains many students on a small budget, each with one thing changed, and compares them.

A student's name decides where it appears: `loss/relational` in the table `loss`, a name without a slash in every table.
Groups whose names are in AXES (`faces/10 k`) also become scaling curves.
"""

from collections.abc import Callable, Collection, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from configs.markdown import table
from distill.config import Settings
from distill.data.store import write_atomic
from distill.errors import DistillError
from distill.evaluate.adaptation import AdaptationTest
from distill.label.pools import make_pool, settings_in_pool
from distill.metrics.plots import AXES, plot_comparison, plot_scaling
from distill.progress import read_log
from distill.training.student import Student, count_multiplications, count_parameters
from distill.training.students import student_head, student_shape, train_students
from distill.work_folder import WorkFolder

HEADS = ("student", *AXES.values(), "low-low", "TAR at FAR 1 %", "high-low")


class Variant(msgspec.Struct, frozen=True):
    """One trained student. Accuracies are in per cent, at the student's input size.

    pool: the labelled faces it learns from, empty for the main ones. faces: their number. multiplications: per face.
    teacher: low-low accuracy of the teacher with the student's head. readings: (samples, low-low) during training.
    """

    name: str
    pool: str
    samples: int
    faces: int
    parameters: int
    multiplications: int
    teacher: float
    low_low: float
    tar: float
    high_low: float
    readings: list[tuple[int, float]]


def run_ablation(settings: Settings, folder: Path, only: Collection[str] = ()) -> list[Variant]:
    """Train the unfinished students (`only` these, if any are named) and return all finished ones.

    After each training, tables and plots of all finished students are written to `folder`; so several processes can
    share the work. Raises DistillError for an unknown student or without a test.
    """
    if not (settings.evaluate.images and settings.evaluate.pairs):
        raise DistillError("evaluate.images, evaluate.pairs: expected a test to compare the students on, got none")
    unknown = set(only) - set(settings.students)
    if unknown:
        raise DistillError(f"students: no {min(unknown)!r}; known here: {', '.join(settings.students)}")
    adaptation_test = cache(lambda pool: AdaptationTest(settings_in_pool(settings, pool)))
    variants: list[Variant] = []
    for name in only or settings.students:
        _train(settings, name)
        finished = [each for each in settings.students if is_finished(settings, each)]
        variants = [read_variant(settings, each, adaptation_test) for each in finished]
        _write(variants, folder)
    return variants


def read_variant(settings: Settings, name: str, adaptation_test: Callable[[str], AdaptationTest]) -> Variant:
    """Read a finished student's log. adaptation_test: the teacher's test by pool. Raises DistillError if unfinished."""
    student = settings.students[name]
    log = _log(settings, name)
    lines = read_log(log)
    ends = [line for line in lines if line["stage"] == "trained"]
    if not ends:
        raise DistillError(f"students.{name}: expected a finished training in {log}")
    head = student_head(settings, student)
    shape = student_shape(student, head.dim)
    return Variant(
        name=name,
        pool=student.pool,
        samples=ends[-1]["samples"],
        faces=max((line["pool"] for line in lines if "pool" in line), default=0),
        parameters=count_parameters(Student(shape)),
        multiplications=count_multiplications(shape),
        teacher=adaptation_test(student.pool).accuracies(head)["low_low"],
        low_low=ends[-1]["low_low"],
        tar=ends[-1]["tar_1e2"],
        high_low=ends[-1]["high_low"],
        readings=[_reading(line) for line in lines if line["stage"] == "check"] + [_reading(ends[-1])],
    )


def is_finished(settings: Settings, name: str) -> bool:
    """Return whether a student was trained on at least its number of samples."""
    wanted = settings.students[name].samples
    return any(line["stage"] == "trained" and line["samples"] >= wanted for line in read_log(_log(settings, name)))


def group_students(variants: Sequence[Variant]) -> dict[str, list[Variant]]:
    """Group students by the part of their name before the slash; those without a slash come first in every group."""
    shared = [variant for variant in variants if "/" not in variant.name]
    names = dict.fromkeys(variant.name.partition("/")[0] for variant in variants if "/" in variant.name)
    if not names:
        return {"students": shared}
    return {name: [*shared, *(each for each in variants if each.name.startswith(f"{name}/"))] for name in names}


def format_tables(variants: Sequence[Variant]) -> str:
    """Format a Markdown table for each group."""
    groups = group_students(variants).items()
    return "\n".join(
        f"### {name}\n\n{table(HEADS, [_cells(row) for row in rows], align_right=True)}\n" for name, rows in groups
    )


def _train(settings: Settings, name: str) -> None:
    if is_finished(settings, name):
        return
    if pool := settings.students[name].pool:
        make_pool(settings, pool)
    train_students(settings, name)


def _write(variants: Sequence[Variant], folder: Path) -> None:
    write_atomic(folder / "table.md", format_tables(variants).encode())
    plot_comparison({variant.name: variant.readings for variant in variants}, folder / "curves.png")
    plot_scaling(group_students(variants), folder / "scaling.png")


def _cells(variant: Variant) -> list[str]:
    name = variant.name.partition("/")[2] or variant.name
    counts = [f"{count:,}" for count in (variant.samples, variant.faces, variant.parameters)]
    rates = [f"{rate:.1f}" for rate in (variant.teacher, variant.low_low, variant.tar, variant.high_low)]
    return [name, *counts, f"{variant.multiplications / 1e6:.1f} M", *rates]


def _reading(line: dict[str, Any]) -> tuple[int, float]:
    return line["samples"], line["low_low"]


def _log(settings: Settings, name: str) -> Path:
    return WorkFolder(Path(settings.work)).student(name).log
