"""Labelled faces on the device: which are learnt from, which are held out, and what a batch holds."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch

from distill.config import DegradeSettings, StageSettings, StudentSettings
from distill.data.codec_store import CodecStore
from distill.data.held_out import choose_held_out
from distill.data.shards import write_shard
from distill.data.views import ViewMaker
from distill.errors import DistillError
from distill.training.dataset import FaceDataset
from distill.training.device_faces import DeviceBatches, DeviceFaces, load_device_faces, open_codec_store
from distill.training.student import Shape, Stage, Student
from distill.work_folder import WorkFolder
from tests.synthetic.labelled_faces import HEAD, make_shard

CPU = torch.device("cpu")
STAGES = (StageSettings(8), StageSettings(16))


@pytest.fixture
def dataset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FaceDataset:
    """Ten mixed faces of value 200, and six real ones of value 20, at the rows 0 to 5, of person 3."""
    monkeypatch.setattr("distill.training.dataset.load_classes", lambda work: np.full(6, 3))
    work = WorkFolder(tmp_path)
    write_shard(work.shard("mixed", 0), make_shard(10, sharp=False, value=200))
    real = dataclasses.replace(make_shard(6, sharp=True, value=20), rows=np.arange(6))
    write_shard(work.shard("real", 0), real)
    faces = FaceDataset(work, HEAD, sharp_only=False)
    faces.refresh()
    return faces


def draw(faces: DeviceFaces, store: CodecStore | None = None, **options: object) -> tuple[np.ndarray, ...]:
    settings = StudentSettings(16, STAGES, batch=40, **options)  # type: ignore[arg-type]
    views = ViewMaker(16, 80, settings.degrade, seed=0, device=CPU, entries=16)
    torch.manual_seed(0)
    return tuple(tensor.numpy() for tensor in DeviceBatches(faces, settings, views, store).draw())


def test_held_out_faces_are_not_learnt_from(dataset: FaceDataset) -> None:
    faces = load_device_faces(dataset, np.array([1, 4]), CPU)
    assert (len(faces), faces.real, len(faces.held_images)) == (14, 4, 2)
    assert faces.rows.tolist() == [0, 2, 3, 5, *[-1] * 10]
    assert faces.images[:4].unique().tolist() == [20]
    assert faces.images[4:].unique().tolist() == [200]
    assert faces.people.tolist() == [3] * 4 + [-1] * 10
    assert faces.held_targets.tolist() == [[0, 1]] * 2  # the sharp ones


def test_a_batch_has_the_targets_and_the_people_of_its_faces(dataset: FaceDataset) -> None:
    plain = DegradeSettings(area_only=1.0)
    views, targets, people = draw(load_device_faces(dataset, np.zeros(0, int), CPU), degrade=plain)
    real = views[:, 0, 0, 0] == 20
    assert 5 < real.sum() < 30
    assert (targets[real] == [0, 1]).all()
    assert (targets[~real] == [1, 0]).all()  # mixed faces here have no sharp target
    assert (people == np.where(real, 3, -1)).all()


def test_a_batch_has_the_share_of_real_faces_that_is_asked_for(dataset: FaceDataset) -> None:
    faces = load_device_faces(dataset, np.zeros(0, int), CPU)
    people = draw(faces, real_share=0.25)[2]
    assert (people == 3).sum() == 10
    assert (people[:10] == 3).sum() < 9  # in random order
    with pytest.raises(DistillError, match="there are no mixed ones"):
        draw(dataclasses.replace(faces, images=faces.images[:6]), real_share=0.5)


def test_compressed_views_have_the_targets_of_their_faces(dataset: FaceDataset) -> None:
    faces = load_device_faces(dataset, np.array([2]), CPU)
    store = CodecStore(np.full((3, 16, 16, 3), (1, 2, 3), np.uint8), np.array([2, 4, 4]))  # 2 is held out
    views, targets, people = draw(faces, store, degrade=DegradeSettings(h264=0.5))
    assert (views[20:] == np.array([3, 2, 1])[:, None, None]).all()  # RGB
    assert (people[20:] == 3).all()
    assert (targets[20:] == [0, 1]).all()
    assert not (views[:20] == 3).all(axis=(1, 2, 3)).any()


def test_compressed_views_are_made_once(dataset: FaceDataset, tmp_path: Path) -> None:
    faces, path = load_device_faces(dataset, np.zeros(0, int), CPU), tmp_path / "h264.npz"
    options = StudentSettings(16, STAGES, degrade=DegradeSettings(h264=0.5, h264_views=30))
    views = ViewMaker(16, 80, options.degrade, seed=0, device=CPU, entries=16)
    first = open_codec_store(path, faces, views, options, seed=1)
    assert first.views.shape == (30, 16, 16, 3)
    assert set(first.faces.tolist()) <= set(range(6))
    written = path.stat().st_mtime_ns
    assert np.array_equal(open_codec_store(path, faces, views, options, seed=1).views, first.views)
    assert path.stat().st_mtime_ns == written
    assert not np.array_equal(open_codec_store(path, faces, views, options, seed=2).faces, first.faces)


def test_the_fit_is_the_cosine_with_held_out_targets(dataset: FaceDataset) -> None:
    faces = load_device_faces(dataset, np.array([0, 3]), CPU)
    settings = StudentSettings(16, STAGES)
    batches = DeviceBatches(faces, settings, ViewMaker(16, 80, settings.degrade, seed=0, device=CPU, entries=16))
    student = Student(Shape(16, (Stage(8), Stage(16)), bottleneck=4, dim=2)).eval()
    with torch.no_grad():
        student.out.weight.zero_()
        student.out.bias.copy_(torch.tensor([3.0, 4.0]))
    assert batches.measure_fit(student) == pytest.approx(0.8)


def test_faces_of_two_sizes_are_refused(dataset: FaceDataset) -> None:
    shard = dataset.shards[0]
    dataset.shards.append(dataclasses.replace(shard, images=shard.images[:, ::2, ::2]))
    with pytest.raises(DistillError, match=r"stored_px: expected faces of one side in all shards, got \[40, 80\]"):
        load_device_faces(dataset, np.zeros(0, int), CPU)


def test_the_same_faces_are_held_out_whatever_their_order() -> None:
    names = [f"source/{number}.jpg" for number in range(30_000)]
    held = choose_held_out(names)
    assert len(held) == 1024
    assert {names[place] for place in held} == {names[::-1][place] for place in choose_held_out(names[::-1])}
    assert np.histogram(held, 4)[0].min() > 200  # from everywhere
    assert [len(choose_held_out(names[:count])) for count in (160, 15, 0)] == [10, 0, 0]
