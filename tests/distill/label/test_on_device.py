"""Labels that are made on the device: features as ONNX Runtime's, and mixtures without any held-out face."""

from pathlib import Path

import msgspec
import numpy as np
import pytest
import torch

from detectors.runtime import Runtime
from distill.config import LabelSettings, MixSettings
from distill.data.held_out import load_held_out
from distill.data.prepare import PreparationProgress
from distill.data.resample import shrink
from distill.data.shards import Shard, find_shards, read_shard
from distill.data.store import FaceNote, face_rows, write_array, write_atomic
from distill.label.stage import label
from distill.teacher.model import Ensemble, Teacher
from distill.teacher.on_device import DeviceEnsemble, DeviceTeacher
from distill.work_folder import WorkFolder
from recognizer.spec import ChipSpec
from tests.distill.teacher.test_network import make_faces, write_network

SPEC = ChipSpec(size=112)
SETTINGS = LabelSettings(synthetic_faces=40, shard_faces=32, sharp_target_share=0.5, stored_px=64)


@pytest.fixture
def work(tmp_path: Path) -> WorkFolder:
    """Prepared faces, and a teacher in `teacher.onnx`."""
    folder = WorkFolder(tmp_path)
    face_rows(folder).append(make_faces(48))
    write_array(folder.usable, np.arange(48) != 7)
    notes = [FaceNote("folder", f"{row}.png") for row in range(48)]
    write_atomic(folder.prepare_state, msgspec.json.encode(PreparationProgress(notes=notes, done=True)))
    write_network(tmp_path / "teacher.onnx", 112)
    return folder


def shards(work: WorkFolder) -> list[Shard]:
    return [read_shard(path) for path in find_shards(work)]


def on_device(work: WorkFolder) -> DeviceEnsemble:
    return DeviceEnsemble([DeviceTeacher(work.root / "teacher.onnx", SPEC, torch.device("cpu"))], [1.0])


def test_labels_are_those_of_onnx_runtime(work: WorkFolder) -> None:
    done = label(SETTINGS, work, on_device(work), seed=1)
    assert done.faces == 47 + 64
    assert done.rate > 0
    teacher = Ensemble([Teacher(work.root / "teacher.onnx", SPEC, Runtime())], [1.0])
    first, second, *mixed = shards(work)
    rows = np.concatenate([first.rows, second.rows])
    assert rows.tolist() == [row for row in range(48) if row != 7]
    faces = np.asarray(face_rows(work).array()[rows])
    images, sharp = np.concatenate([first.images, second.images]), np.concatenate([first.sharp, second.sharp])
    assert np.abs(images.astype(int) - shrink(faces, 64)).max() <= 1
    assert (sharp.astype(float) * teacher.embed(faces)).sum(axis=1).min() > 0.999
    assert [shard.sharp is None for shard in mixed] == [False, True]  # every second one, as asked for
    assert all(shard.low is not None and (shard.rows == -1).all() for shard in mixed)


def test_a_mixed_face_shows_no_held_out_one(work: WorkFolder) -> None:
    held = load_held_out(work)
    assert len(held) == 2
    plain = MixSettings(blend=0.0, warp=0.0, colour=0.0, flip=0.0)
    settings = LabelSettings(synthetic_faces=64, shard_faces=64, sharp_target_share=1.0, stored_px=112, mix=plain)
    label(settings, work, on_device(work), seed=1)
    faces = face_rows(work).array()
    rows = {face.tobytes(): row for row, face in enumerate(faces)}
    used = {rows[np.ascontiguousarray(face).tobytes()] for face in shards(work)[-1].images}
    assert len(used) > 20
    assert used.isdisjoint({7, *held.tolist()})


def test_a_shard_depends_on_its_number_alone(work: WorkFolder) -> None:
    label(SETTINGS, work, on_device(work), seed=1)
    before, path = shards(work)[-1], find_shards(work)[-1]
    images = np.array(before.images)
    for file in path.iterdir():
        file.unlink()
    path.rmdir()
    assert label(SETTINGS, work, on_device(work), seed=1).faces == 32
    assert np.array_equal(shards(work)[-1].images, images)
