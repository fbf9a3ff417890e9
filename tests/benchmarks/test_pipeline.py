"""The tables of the pipeline's benchmark."""

import pytest

from benchmarks.pipeline import STAGES, Cost, capacity, stage_rows

COSTS = {
    "decode": [Cost(10, wall=0.1, cpu=0.2)],
    "whole": [Cost(10, wall=1.0, cpu=0.7)],
    "staged": [Cost(10, wall=1.0, cpu=0.7, stages={"detect": 0.5, "track": 0.25})],
}


def test_the_rest_is_what_no_stopwatch_saw() -> None:
    rows = {name: cells for name, *cells in stage_rows(COSTS)}
    assert list(rows)[:-1] == [*STAGES, "rest"]
    assert rows["detect"] == ["50.00", "50 %"]
    assert rows["rest"] == ["25.00", "25 %"]
    assert rows["embed"] == ["0.00", "0 %"]


@pytest.mark.parametrize(("camera_fps", "cameras"), [(25, "1.3"), (10, "2.2")])
def test_capacity_counts_decoding_of_every_frame(camera_fps: float, cameras: str) -> None:
    _, text = capacity(COSTS, camera_fps)  # 20 ms to decode a frame, 50 ms for the rest
    assert f"| 5 fps | {cameras} |" in text
