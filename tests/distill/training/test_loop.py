"""The training loop with each of its three tasks: resuming, the means in the log, validation, several processes."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.utils.data import IterableDataset

from distill.config import FacesSettings, LandmarkSettings, Settings, StageSettings, StudentSettings
from distill.data.store import face_rows, write_array
from distill.detector.config import DetectorSettings, LabelSettings, TrainSettings
from distill.detector.train import DetectorTask
from distill.detector.train import make_recipe as detector_recipe
from distill.landmarks.train import LandmarkTask
from distill.landmarks.train import make_recipe as landmark_recipe
from distill.progress import Log, read_log
from distill.training.checkpoint import load_checkpoint, save_checkpoint
from distill.training.distributed import Process
from distill.training.loop import Recipe, Task, Training, train
from distill.training.students import make_recipe as student_recipe
from distill.training.students import make_task
from distill.work_folder import WorkFolder
from tests.synthetic.labelled_faces import HEAD, write_labelled_faces

ALONE = Process(0, 1, torch.device("cpu"))
Build = Callable[[Path], tuple[Task, Recipe]]


class KilledError(Exception):
    """Stands for a killed process."""


class Endless(IterableDataset[Any]):
    """Batches of a function of the step, up to `stop`; then the process is killed."""

    def __init__(self, batch: Callable[[int], Any], step: int, stop: int | None = None) -> None:
        self._batch, self._step, self._stop = batch, step, stop

    def __iter__(self) -> Iterator[Any]:
        step = self._step
        while step != self._stop:
            yield self._batch(step)
            step += 1
        raise KilledError


class LineTask(Task):
    """Fits one weight; the loss of step k, counted from 0, is k + the weight's error."""

    title = "line"

    def __init__(self, folder: Path) -> None:
        self.settings = FacesSettings(())
        self.checkpoint, self.log = folder / "checkpoint.pt", Log(folder / "log.jsonl")
        self.network, self.plots = nn.Linear(1, 1, bias=False), 0
        nn.init.zeros_(self.network.weight)
        self.with_loss = LineWithLoss(self.network)
        self.modules = {"line": self.network}

    def batches(self, *, step: int, samples: int) -> IterableDataset[Any]:
        return Endless(lambda step: (torch.tensor([[float(step)]]),), step)

    def validate(self, network: nn.Module, *, step: int) -> dict[str, Any]:
        assert not network.training
        return {"seen": step}

    def plot(self) -> None:
        self.plots += 1


class LineWithLoss(nn.Module):
    def __init__(self, network: nn.Linear) -> None:
        super().__init__()
        self.network = network

    def forward(self, step: Tensor) -> dict[str, Tensor]:
        error = (self.network(torch.ones(1, 1)) - 1).square().mean()
        return {"error": error, "loss": error + step.mean()}


def recipe(**changes: Any) -> Recipe:
    plain = Recipe(
        samples=20,
        batch=2,
        optimiser="adamw",
        learning_rate=0.01,
        weight_decay=0.0,
        warmup_samples=0,
        flat_fraction=1.0,
        ema=0.9,
        workers=0,
        eval_every=1000,
        checkpoint_seconds=1000.0,
    )
    return replace(plain, **changes)


def student(folder: Path) -> tuple[Task, Recipe]:
    work = WorkFolder(folder)
    if not work.head.exists():
        HEAD.save(work.head)
        write_labelled_faces(work)
    options = StudentSettings(
        16, (StageSettings(8), StageSettings(16)), batch=4, samples=64, warmup_samples=16, workers=0, optimiser="muon"
    )
    settings = Settings(str(folder), FacesSettings(()), (), {"s": options})
    return make_task(settings, "s", ALONE), student_recipe(options, ALONE.device)


def landmarks(folder: Path) -> tuple[Task, Recipe]:
    work = WorkFolder(folder)
    if not work.usable.exists():
        faces = np.random.default_rng(0).integers(0, 255, (20, 112, 112, 3)).astype(np.uint8)
        face_rows(work).append(faces)
        write_array(work.usable, np.ones(20, bool))
    options = LandmarkSettings(samples=64, batch=4, workers=0)
    settings = Settings(str(folder), FacesSettings(()), (), {}, landmarks=options)
    return LandmarkTask(settings), landmark_recipe(options)


def detector(folder: Path) -> tuple[Task, Recipe]:
    options = TrainSettings((8, 8), 16, 16, samples=64, batch=4, warmup_samples=16, workers=0)
    settings = DetectorSettings(str(folder), (), (), LabelSettings("yunet.onnx", "retinaface.onnx"), train=options)
    task = DetectorTask(settings, Log(folder / "log.jsonl"), ALONE)
    task.batches = lambda *, step, samples: Endless(pictures, step)  # type: ignore[method-assign, assignment]
    task.validate = lambda network, *, step: {}  # type: ignore[method-assign, assignment]
    return task, detector_recipe(settings, ALONE.device)


def pictures(step: int) -> tuple[Tensor, ...]:
    """Four pictures with a face each, as distill/detector/dataset.py makes them but by the step."""
    rng = torch.Generator().manual_seed(step)
    images = torch.randint(0, 255, (4, 3, 64, 64), generator=rng, dtype=torch.uint8)
    corner = 8 + 24 * torch.rand(4, 1, 2, generator=rng)
    boxes = torch.cat([corner, corner + 20], dim=2)
    points = corner[:, :, None] + 20 * torch.rand(4, 1, 5, 2, generator=rng)
    return images, boxes, points, torch.full((4, 1, 4), torch.nan)


def interrupt(task: Task, after: int) -> None:
    """Let the process be killed after so many steps."""
    endless = task.batches(step=0, samples=0)
    batches = list(islice(endless, after))
    task.batches = lambda *, step, samples: Endless(batches.__getitem__, step, after)  # type: ignore[method-assign]


def train_silently(task: Task, how: Recipe) -> Training:
    task.plot = lambda: None  # type: ignore[method-assign]
    return train(task, how, ALONE)


@pytest.fixture(params=[student, landmarks, detector])
def build(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Build:
    monkeypatch.setattr("distill.training.dataset.load_classes", lambda work: np.array([-1, 0, 0], np.int64))
    monkeypatch.setattr("distill.training.students.plot_chips", lambda views, path: None)
    monkeypatch.setattr("distill.training.shared_faces.load_held_out", lambda work: np.zeros(0, np.int64))
    made: Build = request.param
    return made


@pytest.mark.slow
def test_a_training_killed_between_two_log_lines_ends_as_one_in_one_piece(build: Build, tmp_path: Path) -> None:
    task, how = build(tmp_path / "whole")
    whole = train_silently(task, replace(how, log_every=1))
    losses = [line["loss"] for line in read_log(task.log.path) if line["stage"] == "train"]
    task, how = build(tmp_path / "killed")
    how = replace(how, log_every=4)
    interrupt(task, 6)
    with pytest.raises(KilledError):
        train_silently(task, replace(how, checkpoint_seconds=-1.0))  # saves after each step
    task, _ = build(tmp_path / "killed")
    resumed = train_silently(task, how)
    means = [line["loss"] for line in read_log(task.log.path) if line["stage"] == "train"]
    expected = [losses[0:4], losses[6:8], losses[8:12], losses[12:16]]  # steps 5 and 6 fell to the kill
    assert means == pytest.approx([np.mean(part) for part in expected], abs=2e-5)
    for one, other in ((whole.task.network, resumed.task.network), (whole.ema, resumed.ema)):
        for key, value in one.state_dict().items():
            assert torch.equal(value, other.state_dict()[key]), key


def test_after_a_resume_off_the_boundary_a_line_has_the_mean_of_the_steps_since(tmp_path: Path) -> None:
    train(LineTask(tmp_path), recipe(samples=260, learning_rate=0.0), ALONE)  # 130 steps of 2; a line after 100
    train(LineTask(tmp_path), recipe(samples=500, learning_rate=0.0), ALONE)
    lines = [line for line in read_log(tmp_path / "log.jsonl") if line["stage"] == "train"]
    assert [line["samples"] for line in lines] == [200, 400]
    assert [line["error"] for line in lines] == [1.0, 1.0]
    assert [line["loss"] for line in lines] == pytest.approx([1 + np.mean(range(100)), 1 + np.mean(range(130, 200))])


def test_validations_come_when_due_and_the_last_one_at_the_end(tmp_path: Path) -> None:
    task = LineTask(tmp_path)
    training = train(task, recipe(samples=20, eval_every=5), ALONE)
    lines = [(line["stage"], line["samples"], line["seen"]) for line in read_log(tmp_path / "log.jsonl")]
    assert lines == [("check", 6, 3), ("check", 10, 5), ("check", 16, 8), ("trained", 20, 10)]
    assert training.metrics == {"seen": 10}
    assert task.plots == 4


def test_a_finished_training_makes_no_step_and_reports_again(tmp_path: Path) -> None:
    first = train(LineTask(tmp_path), recipe(), ALONE)
    again = train(LineTask(tmp_path), recipe(), ALONE)
    assert torch.equal(first.ema.state_dict()["weight"], again.ema.state_dict()["weight"])
    assert (again.step, again.samples) == (10, 20)
    assert [line["stage"] for line in read_log(tmp_path / "log.jsonl")] == ["trained", "trained"]


def test_only_the_first_process_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Process, "wrap", lambda self, module: module)
    training = train(LineTask(tmp_path), recipe(eval_every=2, log_every=1), Process(1, 2, torch.device("cpu")))
    assert (training.step, training.samples) == (5, 20)  # two processes share the samples
    assert training.metrics == {}
    assert list(tmp_path.iterdir()) == []


def test_gradients_are_clipped_if_asked(tmp_path: Path) -> None:
    norms = []
    for limit in (None, 1e-3):
        task = LineTask(tmp_path / str(limit))
        train(task, recipe(samples=2, max_grad_norm=limit), ALONE)
        assert task.network.weight.grad is not None
        norms.append(float(task.network.weight.grad.norm()))
    assert norms == pytest.approx([2.0, 1e-3], rel=1e-3)  # the loss is (w - 1)², w = 0


def test_a_checkpoint_of_the_first_version_is_resumed(tmp_path: Path) -> None:
    train(LineTask(tmp_path), recipe(samples=10), ALONE)
    content = load_checkpoint(tmp_path / "checkpoint.pt")
    assert content is not None
    content["optimiser"] = content["optimiser"]["state"]  # had no name
    del content["samples"]  # not in those of the landmark regressor
    save_checkpoint(tmp_path / "checkpoint.pt", content)
    resumed = train(LineTask(tmp_path), recipe(), ALONE)
    whole = train(LineTask(tmp_path / "whole"), recipe(), ALONE)
    assert torch.equal(resumed.ema.state_dict()["weight"], whole.ema.state_dict()["weight"])
