"""The optimiser's steps and its state in a checkpoint, the learning-rate schedule, and the EMA of the weights."""

import pytest
import torch
from torch import nn

from distill.config import StudentSettings
from distill.training.optimiser import Optimiser, ema_decay, learning_rate_factor, update_ema
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
    optimiser.set_learning_rate(0.01)
    optimiser.step()


def test_muon_moves_a_convolution_by_an_orthogonal_matrix_for_any_size_of_gradient() -> None:
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


def test_every_weight_of_student_and_losses_is_trained() -> None:
    module, losses = student(), nn.Linear(3, 2)
    optimiser = Optimiser(module, losses, MUON)
    before = [one.detach().clone() for one in (*module.parameters(), *losses.parameters())]
    losses(torch.ones(1, 3)).sum().backward()
    kept = [one.grad for one in losses.parameters()]
    one_step(module, optimiser, 1)
    for one, grad in zip(losses.parameters(), kept, strict=True):
        one.grad = grad
    optimiser.set_learning_rate(0.01)
    optimiser.step()
    after = [one.detach() for one in (*module.parameters(), *losses.parameters())]
    assert all(not torch.equal(one, other) for one, other in zip(before, after, strict=True))


@pytest.mark.parametrize("kind", ["muon", "adamw"])
def test_a_restored_state_gives_the_same_next_step(kind: str) -> None:
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


def test_the_state_of_another_optimiser_is_ignored() -> None:
    first, module = student(), student()
    trained = Optimiser(first, nn.Module(), StudentSettings(16, optimiser="adamw"))
    one_step(first, trained, 0)
    restored = Optimiser(module, nn.Module(), MUON)
    restored.load_state_dict(trained.state_dict())
    assert all(not part["state"] for part in restored.state_dict()["state"])


def test_weights_of_the_loss_are_trained_once_if_it_holds_the_network_too() -> None:
    network, with_loss = nn.Linear(2, 2), nn.ModuleList()
    with_loss.extend([network, nn.Linear(3, 3)])
    states = Optimiser(network, with_loss, MUON).state_dict()["state"]
    groups = [len(state["param_groups"][0]["params"]) for state in states]
    assert groups == [3, 1]  # AdamW: both weights of the loss and the network's bias; Muon: its matrix


def test_the_learning_rate_rises_stays_and_falls() -> None:
    rates = [learning_rate_factor(seen, total=100, warmup=10, flat_fraction=0.6) for seen in (0, 4, 10, 59, 80, 100)]
    assert rates == pytest.approx([0.1, 0.5, 1.0, 1.0, 0.5, 0.0])


def test_the_average_moves_by_one_minus_decay_and_counts_are_copied() -> None:
    average, network = nn.BatchNorm1d(1), nn.BatchNorm1d(1)
    with torch.no_grad():
        network.weight.fill_(3.0)
    network.running_mean = torch.tensor([10.0])
    network.num_batches_tracked = torch.tensor(7)
    update_ema(average, network, decay=torch.tensor(0.75))
    assert average.weight.item() == pytest.approx(1 + 0.25 * 2)
    assert average.running_mean is not None
    assert average.running_mean.item() == pytest.approx(2.5)
    assert average.num_batches_tracked == 7
    assert [ema_decay(0.9, step) for step in (0, 1, 1000)] == pytest.approx([0.1, 2 / 11, 0.9])


def test_the_state_of_fewer_weights_is_not_taken() -> None:
    frozen, whole = student(), student()
    frozen.stages["at8"].requires_grad_(False)
    optimiser = Optimiser(frozen, nn.Module(), MUON)
    one_step(frozen, optimiser, 1)
    Optimiser(whole, nn.Module(), MUON).load_state_dict(optimiser.state_dict())
