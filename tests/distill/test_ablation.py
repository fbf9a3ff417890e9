"""Comparisons: which table a student stands in, what its log tells, and that what is trained is not trained again."""

from pathlib import Path

import numpy as np
import pytest

from distill.ablation import Variant, read_variant, tables
from distill.config import FacesSettings, Settings, StageSettings, StudentSettings
from distill.errors import DistillError
from distill.head import Head
from distill.progress import Log


def variant(name: str, low_low: float) -> Variant:
    return Variant(name, 1000, 64, 5, low_low, 40.0, 60.0, [(1000, low_low)])


def test_students_without_a_group_stand_in_every_table() -> None:
    text = tables([variant("base", 70.0), variant("loss/instance", 71.25), variant("faces/10 k", 65.0)])
    first, second = text.split("### ")[1:]
    assert first.startswith("loss\n")
    assert "| base | 1,000 | 64 | 5 | 70.0 | 40.0 | 60.0 |" in first
    assert "| instance | 1,000 | 64 | 5 | 71.2 |" in first
    assert "instance" not in second
    assert "base" in second


def test_a_log_tells_where_a_student_ended(tmp_path: Path) -> None:
    student = StudentSettings(16, (StageSettings(4), StageSettings(4)), bottleneck=2)
    settings = Settings(str(tmp_path), FacesSettings(()), (), {"loss/one": student})
    with pytest.raises(DistillError, match="expected a finished training"):
        read_variant(settings, "loss/one")
    Head(np.zeros(9, np.float32), np.zeros(9, np.float32), np.zeros((9, 8), np.float32)).save(
        tmp_path / "adapt" / "head.npz"
    )
    log = Log(tmp_path / "students" / "loss/one" / "log.jsonl")
    log.write("train", samples=500, pool=128)
    log.write("check", samples=500, low_low=60.0, tar_1e2=10.0, high_low=55.0)
    log.write("trained", samples=1000, low_low=66.0, tar_1e2=20.0, high_low=56.0)
    found = read_variant(settings, "loss/one")
    assert found.readings == [(500, 60.0), (1000, 66.0)]
    assert (found.faces, found.low_low, found.tar, found.high_low) == (128, 66.0, 20.0, 56.0)
