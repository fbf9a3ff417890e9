"""Learning curves from a log."""

from pathlib import Path

from distill.detector.plots import plot_learning
from distill.progress import Log


def test_learning_curves_are_drawn_where_a_figure_is_missing(tmp_path: Path) -> None:
    log, target = Log(tmp_path / "log.jsonl"), tmp_path / "new" / "curves.png"
    for samples in (10, 20):
        log.write("train", samples=samples, score=1.0, box=0.5, points=0.2)
    log.write("check", samples=20, recall_1={"8": 0.5, "12": None})
    plot_learning(tmp_path / "log.jsonl", target)
    assert target.read_bytes()[:4] == b"\x89PNG"
