"""Muon and AdamW behind one face: what moves, how, and that a checkpoint carries both."""

import pytest
import torch
from torch import nn

from distill.config import StudentSettings
from distill.training.muon import orthogonal
from distill.training.optimiser import Optimiser
from distill.training.student import Shape, Stage, Student

MUON = StudentSettings(16, optimiser="muon", learning_rate=0.01, weight_decay=0.0)


def student() -> Student:
    torch.manual_seed(0)
    made = Student(Shape(16, (Stage(8), Stage(16)), bottleneck=4, dim=8))
    made.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return made


def one_step(module: Student, optimiser: Optimiser, seed: int, *, scale: float = 1.0) -> None:
    torch.manual_seed(seed)
    chips = torch.randn(4, 3, 16, 16).contiguous(memory_format=torch.channels_last)
    optimiser.zero_grad()
    (scale * module(chips).square().sum()).backward()
    optimiser.step(0.01)


def test_a_convolution_moves_by_an_orthogonal_matrix_whatever_its_gradient_weighs() -> None:
    moved = []
    for scale in (1.0, 1000.0):
        module = student()
        kernel = module.stages["at8"][0][0].weight
        before = kernel.detach().clone()
        one_step(module, Optimiser(module, nn.Module(), MUON), 1, scale=scale)
        moved.append((kernel.detach() - before).flatten(1))
    # Newton and Schulz's five steps bring singular values near 1, not to it; AdamW's size is 0.2 sqrt(27) times that
    values = torch.linalg.svdvals(moved[0]) / (0.01 * 0.2 * 27**0.5)
    assert values.min() > 0.5
    assert values.max() < 1.3
    assert torch.allclose(moved[0], moved[1], atol=2e-4)


def test_every_weight_of_student_and_losses_moves() -> None:
    module, losses = student(), nn.Linear(3, 2)
    optimiser = Optimiser(module, losses, MUON)
    before = [one.detach().clone() for one in (*module.parameters(), *losses.parameters())]
    losses(torch.ones(1, 3)).sum().backward()
    kept = [one.grad for one in losses.parameters()]
    one_step(module, optimiser, 1)
    for one, grad in zip(losses.parameters(), kept, strict=True):
        one.grad = grad
    optimiser.step(0.01)
    after = [one.detach() for one in (*module.parameters(), *losses.parameters())]
    assert all(not torch.equal(one, other) for one, other in zip(before, after, strict=True))


@pytest.mark.parametrize("kind", ["muon", "adamw"])
def test_training_goes_on_from_a_state_as_if_never_stopped(kind: str) -> None:
    settings = StudentSettings(16, optimiser=kind)  # type: ignore[arg-type]
    straight, broken = student(), student()
    first, second = Optimiser(straight, nn.Module(), settings), Optimiser(broken, nn.Module(), settings)
    for seed in range(2):
        one_step(straight, first, seed)
        one_step(broken, second, seed)
    resumed = student()
    resumed.load_state_dict(broken.state_dict())
    third = Optimiser(resumed, nn.Module(), settings)
    third.load_state_dict(second.state_dict())
    one_step(straight, first, 7)
    one_step(resumed, third, 7)
    same = zip(straight.parameters(), resumed.parameters(), strict=True)
    assert all(torch.allclose(one, other, atol=1e-7) for one, other in same)


def test_tall_and_wide_matrices_become_orthogonal_and_zero_stays_zero() -> None:
    torch.manual_seed(3)
    for shape in ((40, 8), (8, 40)):
        drawn = torch.randn(shape)
        values = torch.linalg.svdvals(orthogonal(drawn))
        assert values.min() > 0.6
        assert values.max() < 1.3
        assert (orthogonal(drawn) * drawn).sum() > 0
    assert torch.equal(orthogonal(torch.zeros(4, 6)), torch.zeros(4, 6))
