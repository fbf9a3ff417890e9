"""Shares of boxes that are faces, by score and height."""

import math
from pathlib import Path

import numpy as np

from distill.detector.metrics import DetectorResult, HeightResult
from distill.detector.plots import plot_shares
from distill.detector.reliability import FEW, SCORES, format_shares, shares


def scripted() -> DetectorResult:
    """Twenty boxes of 8 px at score 0.7, of which fifteen are faces; as many false ones of 30 px at 0.45."""
    none = np.zeros(0, np.float32)
    sizes, scores = np.full(20, 8, np.float32), np.full(20, 0.7, np.float32)
    result = DetectorResult("scripted")
    result.heights[8] = HeightResult(none, none, scores, np.arange(20) < 15, none, sizes)
    result.false_alarms["doors"] = np.full(20, 0.45, np.float32)
    result.false_sizes["doors"] = np.full(20, 30, np.float32)
    return result


def test_shares_by_height_and_score() -> None:
    found = dict(shares(scripted()))
    seven, four = SCORES.index((0.6, 0.8)), SCORES.index((0.4, 0.5))
    assert found["6-10 px"][seven] == 0.75
    assert found["28-40 px"][four] == 0.0
    assert math.isnan(found["6-10 px"][four])


def test_few_boxes_give_no_share() -> None:
    result = scripted()
    result.false_alarms["doors"], result.false_sizes["doors"] = (
        values[: FEW - 1] for values in (result.false_alarms["doors"], result.false_sizes["doors"])
    )
    assert all(math.isnan(value) for value in dict(shares(result))["28-40 px"])


def test_table_and_picture(tmp_path: Path) -> None:
    text = format_shares([scripted()])
    assert "| scripted | 6-10 px |" in text
    assert "0.75" in text
    plot_shares(scripted(), tmp_path / "scores.png")
    assert (tmp_path / "scores.png").stat().st_size > 1000
