"""Faces a second of exported students where a GPU may be missing."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from benchmarks import device_speed
from recognizer.load import WEIGHTS


def test_faces_a_second_are_the_batch_over_the_fastest_pass(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copy(WEIGHTS / "glimpse_s16_fp32.onnx", tmp_path / "s16.onnx")
    shapes, seconds = [], iter([0.5, 0.25, 1.0, 0.5, 0.5])

    def time_one(run: Callable[[], dict[str, torch.Tensor]], device: torch.device) -> float:
        shapes.append(tuple(run()["features"].shape))
        return next(seconds)

    monkeypatch.setattr(device_speed, "_seconds_of_one", time_one)
    assert device_speed.measure(tmp_path / "s16.onnx", torch.device("cpu"), 4) == 16
    assert shapes == [(4, 256)] * 5
