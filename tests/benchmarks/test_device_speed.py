"""Faces a second of exported students where a GPU may be missing."""

import shutil
from pathlib import Path

import pytest
import torch

from benchmarks import device_speed
from recognizer.load import WEIGHTS


def test_a_student_is_timed_on_a_cpu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device_speed, "SECONDS", 0.01)
    shutil.copy(WEIGHTS / "glimpse_s16_fp32.onnx", tmp_path / "s16.onnx")
    assert device_speed.measure(tmp_path / "s16.onnx", torch.device("cpu"), 4) > 1
