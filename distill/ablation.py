"""Many students on one small budget, each with one thing changed, side by side in tables and curves.

The surprising decision: what a variant is called says which table it belongs to (`loss/relational`), and students
without a slash stand in every table. So a new comparison is a line of YAML.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from distill.config import Settings
from distill.curves import draw_comparison
from distill.errors import DistillError
from distill.progress import read_log
from distill.store import write_atomic
from distill.train import head_of, shape_of, student_folder, train
from recognizer.student import Student, parameters


class Variant(msgspec.Struct, frozen=True):
    """One trained student. Accuracies in per cent at its own size; readings: (samples, low-low) while it learnt."""

    name: str
    samples: int
    faces: int
    parameters: int
    low_low: float
    tar: float
    high_low: float
    readings: list[tuple[int, float]]


def ablation(settings: Settings) -> list[Variant]:
    """Train what is not yet trained; after each, write `work/ablation/table.md` and curves. Raises DistillError."""
    if not (settings.evaluate.images and settings.evaluate.pairs):
        raise DistillError("evaluate.images, evaluate.pairs: expected a test to compare the students on, got none")
    found: list[Variant] = []
    for name in settings.students:
        if not _finished(settings, name):
            train(settings, name)
        found.append(read_variant(settings, name))
        folder = Path(settings.work) / "ablation"
        write_atomic(folder / "table.md", tables(found).encode())
        draw_comparison({one.name: one.readings for one in found}, folder / "curves.png")
    return found


def read_variant(settings: Settings, name: str) -> Variant:
    """What a student's log says of it. Raises DistillError where it says nothing of an end."""
    lines = read_log(_log(settings, name))
    ends = [line for line in lines if line["stage"] == "trained"]
    if not ends:
        raise DistillError(f"students.{name}: expected a finished training in {_log(settings, name)}")
    end, mine = ends[-1], settings.students[name]
    readings = [_point(line) for line in lines if line["stage"] == "check"]
    faces = max((line["pool"] for line in lines if line["stage"] == "train"), default=0)
    count = parameters(Student(shape_of(mine, head_of(settings, mine).dim)))
    return Variant(
        name, end["samples"], faces, count, end["low_low"], end["tar_1e2"], end["high_low"], [*readings, _point(end)]
    )


def tables(variants: Sequence[Variant]) -> str:
    """Markdown: a table for each group, the students without a group first in each."""
    shared = [one for one in variants if "/" not in one.name]
    groups = dict.fromkeys(one.name.partition("/")[0] for one in variants if "/" in one.name)
    parts = [
        _table(group, [*shared, *(one for one in variants if one.name.startswith(f"{group}/"))]) for group in groups
    ]
    return "\n".join(parts or [_table("students", shared)])


def _table(title: str, rows: Sequence[Variant]) -> str:
    lines = [
        f"### {title}\n",
        "| student | samples | labelled faces | parameters | low-low | TAR at FAR 1 % | high-low |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    lines += [
        f"| {one.name.partition('/')[2] or one.name} | {one.samples:,} | {one.faces:,} | {one.parameters:,} |"
        f" {one.low_low:.1f} | {one.tar:.1f} | {one.high_low:.1f} |"
        for one in rows
    ]
    return "\n".join(lines) + "\n"


def _point(line: dict[str, Any]) -> tuple[int, float]:
    return line["samples"], line["low_low"]


def _log(settings: Settings, name: str) -> Path:
    return student_folder(Path(settings.work), name) / "log.jsonl"


def _finished(settings: Settings, name: str) -> bool:
    path = _log(settings, name)
    wanted = settings.students[name].samples
    return path.exists() and any(line["stage"] == "trained" and line["samples"] >= wanted for line in read_log(path))
