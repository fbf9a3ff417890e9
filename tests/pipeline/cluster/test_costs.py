"""What cameras cost, supposed and measured."""

import pytest

from pipeline.cluster.costs import CORE_SECONDS_A_FRAME, MEASURED_SECONDS, CostMeter, supposed_cores
from pipeline.cluster.messages import Beat, CameraBeat
from pipeline.settings.types import CameraSettings


def beat(cpu: float, frames: dict[str, int], *, run: str = "r") -> Beat:
    cameras = {name: CameraBeat(state="live", frames=count) for name, count in frames.items()}
    return Beat(node="a", run=run, number=1, cpu_seconds=cpu, cameras=cameras)


def test_supposed_by_frames_a_second() -> None:
    camera = CameraSettings(source="rtsp://x/y", name="x", fps=5)
    assert supposed_cores(camera) == pytest.approx(5 * CORE_SECONDS_A_FRAME)
    assert supposed_cores(CameraSettings(source="rtsp://x/y", fps=5, stride=5)) == pytest.approx(CORE_SECONDS_A_FRAME)


def test_processor_time_is_shared_by_frames() -> None:
    meter = CostMeter({"door": 1.0, "yard": 1.0})
    meter.add(beat(0.0, {"door": 0, "yard": 0}), 0.0)
    meter.add(beat(6.0, {"door": 90, "yard": 30}), 10.0)
    assert meter.cores("door") == pytest.approx(0.45)
    assert meter.cores("yard") == pytest.approx(0.15)


def test_until_then_it_is_supposed() -> None:
    meter = CostMeter({"door": 0.3})
    meter.add(beat(0.0, {"door": 0}), 0.0)
    meter.add(beat(5.0, {"door": 9}), MEASURED_SECONDS / 2)
    assert meter.cores("door") == 0.3


def test_a_new_process_and_other_cameras_begin_anew() -> None:
    meter = CostMeter({"door": 0.3})
    meter.add(beat(100.0, {"door": 900}), 0.0)
    meter.add(beat(1.0, {"door": 9}, run="other"), 10.0)
    assert meter.cores("door") == 0.3
    meter.add(beat(9.0, {"door": 9, "yard": 0}, run="other"), 20.0)
    assert meter.cores("door") == 0.3


def test_a_count_that_runs_back_costs_nothing_below_zero() -> None:
    meter = CostMeter({"door": 0.3})
    meter.add(beat(9.0, {"door": 100}), 0.0)
    meter.add(beat(3.0, {"door": 20}), 10.0)
    assert meter.cores("door") == 0.3
    meter.add(beat(1.0, {"door": 40}), 20.0)
    assert 0 < meter.cores("door") <= 0.3


def test_one_odd_measurement_does_not_decide() -> None:
    meter = CostMeter({"door": 0.3})
    for step in range(10):
        meter.add(beat(2.0 * step, {"door": 10 * step}), 10.0 * step)
    meter.add(beat(20.0 + 8, {"door": 100}), 100.0)
    assert 0.2 < meter.cores("door") < 0.5
