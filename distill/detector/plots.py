"""Plots of the training and of the evaluation."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl

from distill.detector.metrics import DetectorResult
from distill.detector.reliability import SCORES, shares
from distill.progress import read_log

mpl.use("Agg")
from matplotlib import pyplot as plt


def plot_learning(log: Path, target: Path) -> None:
    """Plot the loss terms and the recall on the validation slice, by face height, over training pictures."""
    lines = read_log(log)
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4))
    steps = [line for line in lines if line["stage"] == "train"]
    for key in ("score", "box", "points"):
        if steps:
            left.plot([line["samples"] for line in steps], [line[key] for line in steps], label=key)
    validations = [line for line in lines if line["stage"] in ("check", "trained")]
    for height in validations[0]["recall_1"] if validations else ():
        values = [line["recall_1"][height] for line in validations]
        right.plot([line["samples"] for line in validations], values, marker=".", label=f"{height} px")
    left.set(xlabel="pictures", ylabel="loss", ylim=(0, 1))
    right.set(xlabel="pictures", ylabel="recall at 1 false alarm per picture, validation slice", ylim=(0, 1))
    _save(figure, (left, right), target)


def plot_recall(results: Sequence[DetectorResult], target: Path) -> None:
    """Plot recall by face height at 1 and at 0.1 false alarms per picture, one line per detector."""
    figure, panels = plt.subplots(1, 2, figsize=(11, 4.5), sharey=True)
    for axes, rate in zip(panels, (1.0, 0.1), strict=True):
        for result in results:
            heights = list(result.heights)
            axes.plot(heights, [result.recall(height, rate) for height in heights], marker="o", label=result.name)
        axes.set(xlabel="face height, pixels", xscale="log", ylim=(0, 1), title=f"{rate:g} false alarms per picture")
        axes.set_xticks(list(results[0].heights), [str(height) for height in results[0].heights], minor=False)
    panels[0].set_ylabel("recall")
    _save(figure, panels, target)


def plot_shares(result: DetectorResult, target: Path) -> None:
    """Plot the share of boxes that are faces over their score, one line for each band of heights."""
    figure, axes = plt.subplots(figsize=(6, 4.5))
    middles = [(least + most) / 2 for least, most in SCORES]
    for band, values in shares(result):
        axes.plot(middles, values, marker="o", label=band)
    axes.set(xlabel="score", ylabel="share of boxes that are faces", ylim=(0, 1.02), title=result.name)
    _save(figure, (axes,), target)


def _save(figure: Any, panels: Sequence[Any], target: Path) -> None:
    for axes in panels:
        axes.grid(alpha=0.3)
        if axes.lines:
            axes.legend(fontsize=7)
    target.parent.mkdir(parents=True, exist_ok=True)
    figure.tight_layout()
    figure.savefig(target, dpi=120)
    plt.close(figure)
