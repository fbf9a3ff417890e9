"""Plots of training runs, evaluations and comparisons of students, as PNG files."""

from collections.abc import Mapping, Sequence
from operator import attrgetter
from pathlib import Path
from typing import Any, Protocol

import matplotlib as mpl
import numpy as np
from cycler import cycler

from detectors.arrays import Chips, Float64
from distill.metrics.tables import Row
from distill.progress import read_log

mpl.use("Agg")
from matplotlib import pyplot as plt

plt.rcParams["axes.prop_cycle"] = cycler(linestyle=("-", "--")) * plt.rcParams["axes.prop_cycle"]  # 20 distinct lines
AXES = {  # numbers that students are compared by, and their names in tables and plots
    "samples": "samples",
    "faces": "labelled faces",
    "parameters": "parameters",
    "multiplications": "multiplications",
    "teacher": "teacher, low-low",
}


class TrainedStudent(Protocol):
    """What a scaling curve shows of a student (`Variant` in distill/ablation.py), besides the fields in AXES."""

    @property
    def pool(self) -> str: ...
    @property
    def low_low(self) -> float: ...
    @property
    def high_low(self) -> float: ...


def plot_training(log: Path, target: Path) -> None:
    """Plot loss terms and test accuracies against samples, from a student's log."""
    known = {(line["stage"], line.get("samples", 0)): line for line in read_log(log)}  # a resumed run repeats some
    lines = sorted(known.values(), key=lambda line: line.get("samples", 0))
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4))
    trained = [line for line in lines if line["stage"] == "train"]
    for key in ("loss", "regression", "relational", "instance", "classification", "centre", "quality"):
        _line(left, [line for line in trained if key in line], key)
    checked = [line for line in lines if line["stage"] in ("check", "trained")]
    for key in ("low_low", "high_low", "tar_1e2"):
        _line(right, [line for line in checked if key in line], key)
    held_out = "held-out cosine, %"
    fits = [{**line, held_out: 100 * line["held_out_cosine"]} for line in checked if "held_out_cosine" in line]
    _line(right, fits, held_out)
    for axes, title in ((left, "loss"), (right, "LFW and fit, %")):
        axes.set(xlabel="samples", ylabel=title)
        axes.grid(alpha=0.3)
        if axes.lines:
            axes.legend()
    _save(figure, target)


def plot_chips(chips: Chips, target: Path) -> None:
    """Show chips BGR uint8 (faces,copies,S,S,3), one row for each face, each pixel as a square."""
    faces, copies, side = chips.shape[:3]
    figure, axes = plt.subplots(figsize=(copies, faces))
    sheet = chips.transpose(0, 2, 1, 3, 4).reshape(faces * side, copies * side, 3)
    axes.imshow(sheet[..., ::-1], interpolation="nearest")
    axes.axis("off")
    _save(figure, target)


def plot_sizes(rows: Sequence[Row], target: Path) -> None:
    """Plot accuracy against face size, low-low and high-low, one line for each model."""
    figure, panels = plt.subplots(1, 2, figsize=(11, 4.5), sharey=True)
    for axes, sides in zip(panels, ("low-low", "high-low"), strict=True):
        panel_rows = [row for row in rows if row.sides == sides]
        for model in dict.fromkeys(row.model for row in panel_rows):
            points = sorted((row.pixels, row.accuracy) for row in panel_rows if row.model == model)
            axes.plot(*zip(*points, strict=True), marker="o", label=model)
        axes.set(xlabel="face size, pixels", ylabel="accuracy, %", title=sides, xscale="log")
        sizes = sorted({row.pixels for row in panel_rows})
        axes.set_xticks(sizes, [str(pixels) for pixels in sizes])
        axes.set_xticks([], minor=True)
        axes.grid(alpha=0.3)
    if panels[0].lines:
        panels[0].legend(fontsize=7)
    _save(figure, target)


def plot_roc(curves: Mapping[int, Mapping[str, tuple[Float64, Float64]]], target: Path) -> None:
    """Plot TAR against FAR, one panel for each face size, one line for each model.

    curves: FAR and TAR (P,) each, by face size in pixels and model.
    """
    columns = min(4, max(1, len(curves)))
    rows = -(-len(curves) // columns) or 1
    figure, panels = plt.subplots(rows, columns, figsize=(4 * columns, 3.5 * rows), squeeze=False)
    for axes, (pixels, models) in zip(panels.flat, curves.items(), strict=False):
        for name, (far, tar) in models.items():
            axes.plot(np.maximum(far, 1e-4), tar, label=name)
        axes.set(xscale="log", xlim=(1e-3, 1), ylim=(0, 1.01), title=f"{pixels} px", xlabel="FAR", ylabel="TAR")
        axes.grid(alpha=0.3)
    if curves:
        panels.flat[0].legend(fontsize=6)
    _save(figure, target)


def plot_comparison(readings: Mapping[str, Sequence[tuple[int, float]]], target: Path) -> None:
    """Plot accuracy against samples, one panel for each group of students (distill/ablation.py).

    readings: (samples, low-low accuracy) by student.
    """
    shared = {name: points for name, points in readings.items() if "/" not in name}
    groups = list(dict.fromkeys(name.partition("/")[0] for name in readings if "/" in name)) or [""]
    columns = min(3, len(groups))
    rows = -(-len(groups) // columns)
    figure, panels = plt.subplots(rows, columns, figsize=(4.5 * columns, 3.6 * rows), sharey=True, squeeze=False)
    for axes in panels.flat[len(groups) :]:
        axes.axis("off")
    for axes, group in zip(panels.flat, groups, strict=False):
        own = {name: points for name, points in readings.items() if name.startswith(f"{group}/")}
        for name, points in (shared | own).items():
            axes.plot(*zip(*points, strict=True), marker=".", label=name.partition("/")[2] or name)
        axes.set(xlabel="samples", ylabel="LFW, low-low, %", title=group)
        axes.grid(alpha=0.3)
        axes.legend(fontsize=7)
    _save(figure, target)


def plot_scaling(groups: Mapping[str, Sequence[TrainedStudent]], target: Path) -> None:
    """Plot accuracy against the number a group is named after, one panel for each group in AXES; no file without any.

    A group whose last student learns from a pool shows only students with pools, and else only those without.
    """
    scaled = {name: rows for name, rows in groups.items() if name in AXES}
    if not scaled:
        return
    figure, panels = plt.subplots(1, len(scaled), figsize=(3.6 * len(scaled), 3.8), sharey=True, squeeze=False)
    for axes, (name, rows) in zip(panels.flat, scaled.items(), strict=True):
        comparable = [row for row in rows if bool(row.pool) == bool(rows[-1].pool)]
        students = sorted(comparable, key=attrgetter(name))
        for side in ("low_low", "high_low"):
            points = [(getattr(row, name), getattr(row, side)) for row in students]
            axes.plot(*zip(*points, strict=True), marker="o", alpha=0.8, label=side.replace("_", "-"))
        axes.set(xlabel=AXES[name], xscale="linear" if name == "teacher" else "log")
        axes.grid(alpha=0.3, which="both")
    panels[0, 0].set(ylabel="LFW, %")
    panels[0, 0].legend(fontsize=8)
    _save(figure, target)


def _line(axes: Any, lines: Sequence[Mapping[str, Any]], key: str) -> None:
    if lines:
        axes.plot([line["samples"] for line in lines], [line[key] for line in lines], label=key)


def _save(figure: Any, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    figure.tight_layout()
    figure.savefig(target, dpi=120)
    plt.close(figure)
