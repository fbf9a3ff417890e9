"""Many students on one small budget, each with one thing changed, side by side in tables and curves.

The surprising decision: what a variant is called says which table it belongs to (`loss/relational`), and students
without a slash stand in every table. So a new comparison is a line of YAML. Groups named after something that can be
counted (`faces/10 k`) are drawn against it too: those are the scaling curves.
"""

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import msgspec

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


class Variant(msgspec.Struct, frozen=True):
    """One trained student. Accuracies in per cent at its own size; readings: (samples, low-low) while it learnt.

    teacher: what its teacher reads at the low target's size through its head, low-low. multiplications: of a face.
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
    """Train what is not yet trained, `only` these students if any are named; after each, write `table.md`, `curves.png`
    and `scaling.png` of all that are. So several processes may share the work. Raises DistillError."""
    if not (settings.evaluate.images and settings.evaluate.pairs):
        raise DistillError("evaluate.images, evaluate.pairs: expected a test to compare the students on, got none")
    unknown = set(only) - set(settings.students)
    if unknown:
        raise DistillError(f"students: no {min(unknown)!r}; known here: {', '.join(settings.students)}")
    bridges: dict[str, AdaptationTest] = {}
    found: list[Variant] = []
    for name in only or settings.students:
        if not is_finished(settings, name):
            if pool := settings.students[name].pool:
                make_pool(settings, pool)
            train_students(settings, name)
        found = [read_variant(settings, each, bridges) for each in settings.students if is_finished(settings, each)]
        write_atomic(folder / "table.md", format_tables(found).encode())
        plot_comparison({one.name: one.readings for one in found}, folder / "curves.png")
        plot_scaling(group_students(found), folder / "scaling.png")
    return found


def read_variant(settings: Settings, name: str, bridges: dict[str, AdaptationTest] | None = None) -> Variant:
    """What a student's log says of it; bridges: those opened so far, one for each pool.

    Raises DistillError where the log says nothing of an end.
    """
    lines = read_log(_log(settings, name))
    ends = [line for line in lines if line["stage"] == "trained"]
    if not ends:
        raise DistillError(f"students.{name}: expected a finished training in {_log(settings, name)}")
    end, mine = ends[-1], settings.students[name]
    head = student_head(settings, mine)
    shape = student_shape(mine, head.dim)
    bridges = {} if bridges is None else bridges
    if mine.pool not in bridges:
        bridges[mine.pool] = AdaptationTest(settings_in_pool(settings, mine.pool))
    return Variant(
        name=name,
        pool=mine.pool,
        samples=end["samples"],
        faces=max((line["pool"] for line in lines if "pool" in line), default=0),
        parameters=count_parameters(Student(shape)),
        multiplications=count_multiplications(shape),
        teacher=bridges[mine.pool].accuracies(head)["low_low"],
        low_low=end["low_low"],
        tar=end["tar_1e2"],
        high_low=end["high_low"],
        readings=[_point(line) for line in lines if line["stage"] == "check"] + [_point(end)],
    )


def group_students(variants: Sequence[Variant]) -> dict[str, list[Variant]]:
    """The students that are compared with each other, those without a group first in each."""
    shared = [one for one in variants if "/" not in one.name]
    names = dict.fromkeys(one.name.partition("/")[0] for one in variants if "/" in one.name)
    return {name: [*shared, *(one for one in variants if one.name.startswith(f"{name}/"))] for name in names} or {
        "students": shared
    }


def format_tables(variants: Sequence[Variant]) -> str:
    """Markdown, a table for each group."""
    return "\n".join(_table(name, rows) for name, rows in group_students(variants).items())


def is_finished(settings: Settings, name: str) -> bool:
    """Whether a student has learnt from as many samples as it shall."""
    path = _log(settings, name)
    wanted = settings.students[name].samples
    return path.exists() and any(line["stage"] == "trained" and line["samples"] >= wanted for line in read_log(path))


def _table(title: str, rows: Sequence[Variant]) -> str:
    heads = ("student", *AXES.values(), "low-low", "TAR at FAR 1 %", "high-low")
    lines = [f"### {title}\n", f"| {' | '.join(heads)} |", "| --- |" + " ---: |" * (len(heads) - 1)]
    lines += [
        f"| {one.name.partition('/')[2] or one.name} | {one.samples:,} | {one.faces:,} | {one.parameters:,} |"
        f" {one.multiplications / 1e6:.1f} M | {one.teacher:.1f} | {one.low_low:.1f} | {one.tar:.1f} |"
        f" {one.high_low:.1f} |"
        for one in rows
    ]
    return "\n".join(lines) + "\n"


def _point(line: dict[str, Any]) -> tuple[int, float]:
    return line["samples"], line["low_low"]


def _log(settings: Settings, name: str) -> Path:
    return WorkFolder(Path(settings.work)).student(name).log
