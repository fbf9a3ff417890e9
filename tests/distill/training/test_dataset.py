"""Labelled faces, their targets, and batches that depend on the step only."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch

from distill.config import DegradeSettings, StageSettings, StudentSettings
from distill.data.shards import read_shard, write_shard
from distill.errors import DistillError
from distill.training.dataset import DegradedBatches, FaceDataset, normalise_pixels, to_tensor
from distill.training.distributed import Process
from distill.work_folder import WorkFolder
from recognizer.preprocess import to_planes
from recognizer.spec import ChipSpec
from tests.synthetic.labelled_faces import HEAD, make_shard


def test_a_face_has_the_target_that_is_drawn_or_the_only_one_it_has(labelled: WorkFolder) -> None:
    faces = FaceDataset(labelled, HEAD, sharp_only=False)
    assert faces.refresh() == 10
    rng = np.random.default_rng(0)
    _, low, _ = faces.sample(50, 1.0, rng)
    assert (low == [1, 0]).all()
    views, sharp, people = faces.sample(50, 0.0, rng)
    real = views[:, 0, 0, 0] == 2
    assert (sharp[real] == [0, 1]).all()
    assert (sharp[~real] == [1, 0]).all()  # these have no sharp target
    assert (people == -1).all()


def test_sharp_only_skips_shards_without_sharp_targets(labelled: WorkFolder) -> None:
    assert FaceDataset(labelled, HEAD, sharp_only=True).refresh() == 4


def test_a_shard_without_low_targets_gives_sharp_ones(tmp_path: Path, labelled: WorkFolder) -> None:
    sharp_only = dataclasses.replace(make_shard(5, sharp=True), low=None)
    write_shard(WorkFolder(tmp_path / "sharp_only").shard("real", 0), sharp_only)
    assert read_shard(WorkFolder(tmp_path / "sharp_only").shard("real", 0)).low is None
    faces = FaceDataset(WorkFolder(tmp_path / "sharp_only"), HEAD, sharp_only=False)
    assert faces.refresh() == 5
    assert not faces.has_low_targets
    assert (faces.sample(50, 1.0, np.random.default_rng(0))[1] == [0, 1]).all()


def test_refresh_adds_new_shards(labelled: WorkFolder) -> None:
    faces = FaceDataset(labelled, HEAD, sharp_only=False)
    faces.refresh()
    write_shard(labelled.shard("mixed", 1), make_shard(6, sharp=False))
    assert faces.refresh() == 16
    assert faces.class_count == 1


def test_without_faces_the_error_names_the_command_that_labels_some(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("distill.training.dataset.load_classes", lambda work: np.zeros(0, np.int64))
    with pytest.raises(DistillError, match="python -m distill label"):
        FaceDataset(WorkFolder(tmp_path), HEAD, sharp_only=False).refresh()


def test_a_batch_depends_on_step_and_rank_and_not_on_the_start(labelled: WorkFolder) -> None:
    settings = StudentSettings(16, (StageSettings(8), StageSettings(16)), batch=8, degrade=DegradeSettings(noise=1.0))

    def batches(step: int, count: int) -> list[torch.Tensor]:
        faces = FaceDataset(labelled, HEAD, sharp_only=False)
        views = iter(DegradedBatches(faces, settings, process(0), seed=3, step=step, samples=8 * step))
        return [next(views)[0] for _ in range(count)]

    straight, resumed = batches(0, 4), batches(2, 2)
    assert torch.equal(straight[2], resumed[0])
    assert torch.equal(straight[3], resumed[1])
    faces = FaceDataset(labelled, HEAD, sharp_only=False)
    other = next(iter(DegradedBatches(faces, settings, process(1), seed=3, step=2, samples=16)))[0]
    assert not torch.equal(other, resumed[0])


def test_the_share_of_low_targets_follows_the_samples_of_all_processes(labelled: WorkFolder) -> None:
    settings = StudentSettings(
        16, (StageSettings(8), StageSettings(16)), batch=100, samples=400, low_target_share=(0.0, 1.0)
    )
    faces = FaceDataset(labelled, HEAD, sharp_only=True)

    def low_shares(world_size: int, step: int, samples: int) -> list[float]:
        group = Process(0, world_size, torch.device("cpu"))
        views = iter(DegradedBatches(faces, settings, group, seed=3, step=step, samples=samples))
        return [float(next(views)[1][:, 0].mean()) for _ in range(3)]  # low targets here are (1, 0), sharp ones (0, 1)

    assert low_shares(1, 0, 0) == pytest.approx([0, 0.25, 0.5], abs=0.15)
    assert low_shares(2, 0, 0) == pytest.approx([0, 0.5, 1], abs=0.15)  # two processes need half as many steps
    assert low_shares(1, 2, 400) == [1, 1, 1]  # resumed by one process
    assert low_shares(2, 1, 200)[:2] == pytest.approx([0.5, 1], abs=0.15)


def process(rank: int) -> Process:
    return Process(rank, 1, torch.device("cpu"))


def test_training_normalises_pixels_as_serving_does() -> None:
    chips = np.random.default_rng(0).integers(0, 255, (3, 16, 16, 3)).astype(np.uint8)
    spec, training = ChipSpec(size=16), normalise_pixels(to_tensor(chips)).numpy()
    np.testing.assert_array_equal(training, to_planes(chips, spec, exact=True))
    np.testing.assert_allclose(training, to_planes(chips, spec), atol=1e-6)
