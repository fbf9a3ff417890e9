"""Pictures of how the detector learns and of what it finds beside others."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl

from distill.detector.metrics import Measured
from distill.progress import read_log

mpl.use("Agg")
from matplotlib import pyplot as plt


def draw_learning(log: Path, target: Path) -> None:
    """Loss terms, and recall on the validation slice by face height, against pictures seen."""
    lines = read_log(log)
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4))
    trained = [line for line in lines if line["stage"] == "train"]
    for key in ("score", "box", "points"):
        if trained:
            left.plot([line["samples"] for line in trained], [line[key] for line in trained], label=key)
    checked = [line for line in lines if line["stage"] in ("check", "trained")]
    for height in checked[0]["recall_1"] if checked else ():
        values = [line["recall_1"][height] for line in checked]
        right.plot([line["samples"] for line in checked], values, marker=".", label=f"{height} px")
    left.set(xlabel="pictures", ylabel="loss", ylim=(0, 1))
    right.set(xlabel="pictures", ylabel="recall at 1 false alarm a picture, validation slice", ylim=(0, 1))
    _finish(figure, (left, right), target)


def draw_recall(found: Sequence[Measured], target: Path) -> None:
    """Recall by face height at 1 and at 0.1 false alarms a picture, a line for each detector."""
    figure, panels = plt.subplots(1, 2, figsize=(11, 4.5), sharey=True)
    for axes, rate in zip(panels, (1.0, 0.1), strict=True):
        for one in found:
            heights = list(one.heights)
            axes.plot(heights, [one.recall(height, rate) for height in heights], marker="o", label=one.name)
        axes.set(xlabel="face height, pixels", xscale="log", ylim=(0, 1), title=f"{rate:g} false alarms a picture")
        axes.set_xticks(list(found[0].heights), [str(height) for height in found[0].heights], minor=False)
    panels[0].set_ylabel("recall")
    _finish(figure, panels, target)


def _finish(figure: Any, panels: Sequence[Any], target: Path) -> None:
    for axes in panels:
        axes.grid(alpha=0.3)
        if axes.lines:
            axes.legend(fontsize=7)
    target.parent.mkdir(parents=True, exist_ok=True)
    figure.tight_layout()
    figure.savefig(target, dpi=120)
    plt.close(figure)
