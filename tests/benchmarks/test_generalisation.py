"""The benchmark of generalisation: the cosines of a student with its targets."""

from pathlib import Path
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest

from benchmarks.generalisation import training_cosines
from detectors.arrays import Chips, Float32
from distill.config import FacesSettings, Settings
from distill.training.student import Student
from distill.work_folder import WorkFolder
from tests.synthetic.labelled_faces import HEAD, write_labelled_faces

STUDENT = cast(Student, SimpleNamespace(shape=SimpleNamespace(size=16)))


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    def embed(student: Student, chips: Chips) -> Float32:
        return np.tile(np.array([0.6, 0.8], np.float32), (len(chips), 1))

    monkeypatch.setattr("benchmarks.generalisation.embed", embed)
    write_labelled_faces(WorkFolder(tmp_path))
    return Settings(str(tmp_path), FacesSettings(()), (), {})


def test_cosines_are_with_the_low_and_the_sharp_target(settings: Settings) -> None:
    assert training_cosines(settings, STUDENT, HEAD, "real") == pytest.approx((0.6, 0.8))


def test_shards_without_sharp_targets_have_no_cosines(settings: Settings) -> None:
    np.testing.assert_array_equal(training_cosines(settings, STUDENT, HEAD, "mixed"), (np.nan, np.nan))
