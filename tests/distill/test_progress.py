"""Logs."""

from pathlib import Path

from distill.metrics.plots import plot_training
from distill.progress import Log, read_log


def test_a_torn_line_of_a_log_is_skipped_and_the_rest_is_drawn(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    log = Log(path)
    log.write("train", samples=10, loss=1.0, regression=1.0)
    with path.open("a") as file:
        file.write('{"stage": "tra')
    log.write("check", samples=20, low_low=60.0, high_low=55.0, tar_1e2=5.0)
    assert [line["stage"] for line in read_log(path)] == ["train", "check"]
    plot_training(path, tmp_path / "curves.png")
    assert (tmp_path / "curves.png").read_bytes()[:4] == b"\x89PNG"
