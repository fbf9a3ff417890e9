"""Plots are written for every number of curves, and not without any scaling group."""

from pathlib import Path

import numpy as np

from distill.metrics.plots import plot_chips, plot_roc, plot_scaling, plot_sizes
from distill.metrics.tables import Row

PNG = b"\x89PNG"


def test_plots_without_any_model_are_empty_files(tmp_path: Path) -> None:
    plot_sizes([], tmp_path / "sizes.png")
    plot_roc({}, tmp_path / "new" / "roc.png")
    assert (tmp_path / "sizes.png").read_bytes()[:4] == PNG
    assert (tmp_path / "new" / "roc.png").read_bytes()[:4] == PNG


def test_a_model_without_a_high_low_side_is_plotted(tmp_path: Path) -> None:
    plot_sizes([Row("a", 16, "low-low", 81.0, {}, {})], tmp_path / "sizes.png")
    assert (tmp_path / "sizes.png").read_bytes()[:4] == PNG


def test_chips_are_shown_and_no_scaling_group_makes_no_file(tmp_path: Path) -> None:
    plot_chips(np.zeros((2, 3, 4, 4, 3), np.uint8), tmp_path / "chips.png")
    plot_scaling({"loss": []}, tmp_path / "scaling.png")
    assert [path.name for path in tmp_path.iterdir()] == ["chips.png"]
