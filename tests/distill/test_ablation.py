"""Comparisons: which table a student stands in, what its log tells, and that what is trained is not trained again."""

from pathlib import Path
from typing import cast

import msgspec
import numpy as np
import pytest

from distill.ablation import Variant, format_tables, group_students, read_variant
from distill.adapt.head import Head
from distill.config import FacesSettings, Settings, StageSettings, StudentSettings
from distill.errors import DistillError
from distill.evaluate.adaptation import AdaptationTest
from distill.metrics.plots import plot_scaling
from distill.progress import Log


class FakeTest:
    """Answers for the teacher."""

    def accuracies(self, head: Head | None) -> dict[str, float]:
        return {"low_low": 93.0}


def fake_test(pool: str) -> AdaptationTest:
    return cast(AdaptationTest, FakeTest())


def variant(name: str, low_low: float) -> Variant:
    return Variant(name, "", 1000, 64, 5, 2_500_000, 93.0, low_low, 40.0, 60.0, [(1000, low_low)])


def test_students_without_a_group_stand_in_every_table() -> None:
    text = format_tables([variant("base", 70.0), variant("loss/instance", 71.25), variant("faces/10 k", 65.0)])
    first, second = text.split("### ")[1:]
    assert first.startswith("loss\n")
    assert "| base | 1,000 | 64 | 5 | 2.5 M | 93.0 | 70.0 | 40.0 | 60.0 |" in first
    assert "| instance | 1,000 | 64 | 5 | 2.5 M | 93.0 | 71.2 |" in first
    assert "instance" not in second
    assert "base" in second


def test_only_what_can_be_counted_is_drawn_against_it(tmp_path: Path) -> None:
    found = [variant("base", 70.0), variant("loss/instance", 71.0)]
    plot_scaling(group_students(found), tmp_path / "scaling.png")
    assert not (tmp_path / "scaling.png").exists()
    own = msgspec.structs.replace(variant("teacher/two", 75.0), pool="two")
    plot_scaling(group_students([*found, variant("faces/few", 60.0), own]), tmp_path / "scaling.png")
    assert (tmp_path / "scaling.png").read_bytes()[:4] == b"\x89PNG"


def test_a_log_tells_where_a_student_ended(tmp_path: Path) -> None:
    student = StudentSettings(16, (StageSettings(4), StageSettings(4)), bottleneck=2)
    settings = Settings(str(tmp_path), FacesSettings(()), (), {"loss/one": student})
    with pytest.raises(DistillError, match="expected a finished training"):
        read_variant(settings, "loss/one", fake_test)
    Head(np.zeros(9, np.float32), np.zeros(9, np.float32), np.zeros((9, 8), np.float32)).save(
        tmp_path / "adapt" / "head.npz"
    )
    log = Log(tmp_path / "students" / "loss/one" / "log.jsonl")
    log.write("train", samples=500, pool=128)
    log.write("check", samples=500, low_low=60.0, tar_1e2=10.0, high_low=55.0)
    log.write("trained", samples=1000, low_low=66.0, tar_1e2=20.0, high_low=56.0)
    found = read_variant(settings, "loss/one", fake_test)
    assert found.readings == [(500, 60.0), (1000, 66.0)]
    assert (found.faces, found.low_low, found.tar, found.high_low) == (128, 66.0, 20.0, 56.0)
