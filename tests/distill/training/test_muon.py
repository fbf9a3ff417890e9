"""Muon's orthogonalisation."""

import torch
from torch import nn

from distill.training.muon import ADAMW_STEP_RMS, MOMENTUM, Muon, orthogonalise


def test_tall_and_wide_matrices_become_orthogonal_and_zero_stays_zero() -> None:
    torch.manual_seed(3)
    for shape in ((40, 8), (8, 40)):
        drawn = torch.randn(shape)
        values = torch.linalg.svdvals(orthogonalise(drawn))
        assert values.min() > 0.6
        assert values.max() < 1.3
        assert (orthogonalise(drawn) * drawn).sum() > 0
    assert torch.equal(orthogonalise(torch.zeros(4, 6)), torch.zeros(4, 6))


def test_weights_of_one_shape_move_together_as_each_would_alone() -> None:
    torch.manual_seed(4)
    drawn = [torch.randn(6, 2, 3, 3), torch.randn(6, 18), torch.randn(6, 2, 3, 3), torch.randn(3, 4)]
    weights = [nn.Parameter(one.clone()) for one in drawn]
    optimiser = Muon(weights, torch.tensor(0.01), weight_decay=0.1)
    means = [torch.zeros_like(one) for one in drawn]
    for _ in range(3):
        for weight, mean, value in zip(weights, means, drawn, strict=True):
            weight.grad = torch.randn_like(weight)
            mean.lerp_(weight.grad, 1 - MOMENTUM)
            move = orthogonalise(weight.grad.lerp(mean, MOMENTUM).flatten(1)).view(value.shape)
            size = ADAMW_STEP_RMS * max(value.flatten(1).shape) ** 0.5
            value.mul_(1 - 0.01 * 0.1).sub_(move, alpha=0.01 * size)
        optimiser.step()
    assert all(torch.allclose(weight, value, atol=1e-5) for weight, value in zip(weights, drawn, strict=True))
