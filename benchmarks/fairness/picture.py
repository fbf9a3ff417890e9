"""Bars of the groups' false matches with their intervals, a panel for each recogniser."""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.fairness.result import GroupResult, Result

KINDS = ("origin", "sex", "age", "country")
MILLION = 1e6


def draw(results: Sequence[Result], asked: float, path: Path) -> None:
    """Write a PNG."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, panels = pyplot.subplots(1, len(results), figsize=(4.2 * len(results), 6.2), sharey=True, squeeze=False)
    for number, (axes, result) in enumerate(zip(panels[0], results, strict=True)):
        _draw_panel(axes, result, asked)
        if number == 0:
            figure.legend(*axes.get_legend_handles_labels(), fontsize=8, loc="lower center", ncols=3)
    figure.tight_layout(rect=(0, 0.04, 1, 1))
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    pyplot.close(figure)


def _draw_panel(axes: Any, result: Result, asked: float) -> None:
    rows = [row for row in result.groups if row.group.kind in KINDS]
    places = _places(rows)
    for row, place in zip(rows, places, strict=True):
        value, (low, high) = MILLION * row.within.value, (MILLION * end for end in row.within.interval)
        colour = "C3" if row.group is result.worst else "C0" if row.large else "0.65"
        axes.barh(place, value, height=0.7, color=colour, alpha=0.75)
        axes.plot([max(low, 1e-3), high], [place, place], color="black", linewidth=1)
        axes.plot(MILLION * row.mixed.value, place, "D", color="C1", markersize=4)
    axes.plot([], [], "D", color="C1", label="with everybody of UTKFace")
    axes.axvline(MILLION * asked, color="black", linestyle=":", linewidth=1, label="asked")
    axes.axvline(MILLION * result.mix.value, color="C2", linestyle="--", linewidth=1, label="the calibration's mix")
    axes.set(xscale="log", xlabel="false matches in a million comparisons", title=result.name)
    axes.set_yticks(places, [row.group.name for row in rows], fontsize=8)
    axes.set_ylim(max(places) + 0.7, -0.7)
    axes.set_xlim(left=0.3)
    axes.grid(axis="x", alpha=0.3)


def _places(rows: Sequence[GroupResult]) -> list[float]:
    """From above; kinds stand apart."""
    steps = np.array([row.group.kind != before.group.kind for before, row in pairwise(rows)])
    return [0.0, *(np.cumsum(1 + 0.6 * steps)).tolist()]
