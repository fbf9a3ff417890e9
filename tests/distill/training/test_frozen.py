"""Training the last stages on stored outputs of the first ones."""

from pathlib import Path

import numpy as np
import pytest
import torch

from distill.config import LossSettings, StageSettings, StudentSettings
from distill.losses.total import Losses
from distill.training.distributed import Process
from distill.training.frozen import FrozenBatches, FrozenViews, TailWithLoss, freeze
from distill.training.last_layer import fit_last_layer
from distill.training.student import Student
from distill.training.students import student_shape

OPTIONS = StudentSettings(
    size=16, stages=(StageSettings(8), StageSettings(16, 1)), frozen_stages=1, frozen_views=512, batch=32
)


class Faces:
    """Random faces, each with the target that its mean colour gives; interrupted after `calls` calls."""

    def __init__(self, calls: int = 100) -> None:
        self.calls = calls

    def sample(self, count: int, low_share: float, rng: np.random.Generator) -> tuple[np.ndarray, ...]:
        if not self.calls:
            raise KeyboardInterrupt
        self.calls -= 1
        faces = rng.integers(0, 255, (count, 80, 80, 3)).astype(np.uint8)
        targets = rng.normal(size=(count, 12)).astype(np.float32)
        return faces, targets, np.full(count, -1)


def student() -> Student:
    torch.manual_seed(0)
    return Student(student_shape(OPTIONS, 12))


def test_an_interrupted_computation_goes_on_to_the_same_views(tmp_path: Path) -> None:
    network = student()
    whole = FrozenViews(tmp_path / "whole", network, OPTIONS)
    whole.make(Faces(), seed=1)  # type: ignore[arg-type]
    parts = FrozenViews(tmp_path / "parts", network, OPTIONS)
    try:
        parts.make(Faces(calls=1), seed=1)  # type: ignore[arg-type]
    except KeyboardInterrupt:
        parts.make(Faces(), seed=1)  # type: ignore[arg-type]
    assert len(parts.targets) == 512
    assert np.array_equal(whole.grids.array(), parts.grids.array())
    assert np.array_equal(whole.targets.array(), parts.targets.array())


def test_the_tail_on_stored_outputs_is_the_whole_student() -> None:
    network = student().eval()
    chips = torch.randn(4, 3, 16, 16)
    assert torch.allclose(network(network.grid_after(chips, 1), 1), network(chips), atol=1e-6)


def test_stored_views_give_the_inputs_of_the_last_layer_with_their_targets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("distill.training.last_layer.HELD_OUT_BATCHES", 1)
    network = student()
    views = FrozenViews(tmp_path, network, OPTIONS)
    views.make(Faces(), seed=1)  # type: ignore[arg-type]
    inputs, targets = (torch.cat(parts) for parts in zip(*views.read(), strict=True))
    assert inputs.shape == (512, network.shape.flat)
    assert np.array_equal(targets.numpy(), views.targets.array().astype(np.float32))
    fit_last_layer(network, views.read(), 300)
    assert torch.isfinite(network.out.weight).all()


def test_a_step_moves_the_tail_and_leaves_the_frozen_stages(tmp_path: Path) -> None:
    network = student()
    freeze(network, 1)
    views = FrozenViews(tmp_path, network, OPTIONS)
    views.make(Faces(), seed=1)  # type: ignore[arg-type]
    process = Process(0, 1, torch.device("cpu"))
    batch = next(iter(FrozenBatches(views, 32, process, seed=1, step=0)))
    TailWithLoss(network.train(), Losses(LossSettings(instance=1.0), 0, 12), 1)(*batch)["loss"].backward()
    assert all(weight.grad is None for weight in network.stages["at8"].parameters())
    assert all(weight.grad is not None for weight in network.stages["at4"].parameters())


def test_a_resumed_training_gets_the_batch_that_was_next(tmp_path: Path) -> None:
    views = FrozenViews(tmp_path, student(), OPTIONS)
    views.make(Faces(), seed=1)  # type: ignore[arg-type]
    process = Process(0, 1, torch.device("cpu"))
    first = iter(FrozenBatches(views, 32, process, seed=1, step=0))
    next(first)
    resumed = next(iter(FrozenBatches(views, 32, process, seed=1, step=1)))
    assert all(torch.equal(one, other) for one, other in zip(next(first), resumed, strict=True))
