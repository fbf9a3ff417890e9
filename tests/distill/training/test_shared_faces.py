"""Students that learn from the same faces load them once."""

import dataclasses
from pathlib import Path

import msgspec
import numpy as np
import pytest
import torch

from distill.config import FacesSettings, Settings, StageSettings, StudentSettings
from distill.data.shards import write_shard
from distill.training.shared_faces import SharedFaces
from distill.work_folder import WorkFolder
from tests.synthetic.labelled_faces import HEAD, make_shard

CPU = torch.device("cpu")


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Students `one`, `two` and `few`, of which the last learns from real faces alone."""
    monkeypatch.setattr("distill.training.dataset.load_classes", lambda work: np.full(6, 3))
    monkeypatch.setattr("distill.training.shared_faces.load_held_out", lambda work: np.zeros(0, int))
    work = WorkFolder(tmp_path)
    real = dataclasses.replace(make_shard(6, sharp=True, value=20), rows=np.arange(6))
    write_shard(work.shard("real", 0), real)
    write_shard(work.shard("mixed", 0), make_shard(10, sharp=False, value=200))
    student = StudentSettings(16, (StageSettings(8), StageSettings(16)))
    few = msgspec.structs.replace(student, sources=("real",))
    faces = FacesSettings(sources=())
    return Settings(work=str(tmp_path), faces=faces, teachers=(), students={"one": student, "two": student, "few": few})


def test_students_of_the_same_faces_share_them(settings: Settings) -> None:
    shared = SharedFaces()
    first, on_device = shared.open(settings, "one", HEAD), shared.on_device(settings, "one", CPU)
    assert shared.open(settings, "two", HEAD) is first
    assert shared.on_device(settings, "two", CPU) is on_device
    assert len(on_device) == 16


def test_a_student_of_other_faces_gets_its_own(settings: Settings) -> None:
    shared = SharedFaces()
    shared.open(settings, "one", HEAD)
    shared.on_device(settings, "one", CPU)
    assert len(shared.open(settings, "few", HEAD)) == 6
    assert len(shared.on_device(settings, "few", CPU)) == 6
