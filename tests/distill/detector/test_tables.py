"""The evaluation as tables and as a plot."""

from pathlib import Path

import numpy as np

from distill.detector.metrics import BoxConvention, DetectorResult, measure_height
from distill.detector.plots import plot_recall
from distill.detector.tables import format_tables
from tests.distill.detector.scripted import FACES, POINTS, ScriptedDetector, make_mosaic


def test_tables_and_plot_of_a_result(tmp_path: Path) -> None:
    one = DetectorResult(
        "scripted", false_alarms={"doors": np.zeros(0, np.float32)}, pictures={"doors": 3}, seconds=[0.02]
    )
    one.heights[16] = measure_height(ScriptedDetector(FACES, [0.9, 0.8, 0.7], POINTS), [make_mosaic()], BoxConvention())
    one.heights[64] = measure_height(ScriptedDetector(FACES, [0.9, 0.8, 0.7], POINTS), [], BoxConvention())
    text = format_tables([one])
    assert "3 of 16 px, 0 of 64 px. Pictures without faces: 3 doors." in text
    assert "| scripted | 0.05 | 1.000 | nan |" in text
    assert "| scripted | 0.00 | +0.00 +0.00, x1.00 x1.00 | 48.8 |" in text
    plot_recall([one], tmp_path / "recall.png")
    assert (tmp_path / "recall.png").stat().st_size > 1000
