"""Muon's orthogonalisation."""

import torch

from distill.training.muon import orthogonalise


def test_tall_and_wide_matrices_become_orthogonal_and_zero_stays_zero() -> None:
    torch.manual_seed(3)
    for shape in ((40, 8), (8, 40)):
        drawn = torch.randn(shape)
        values = torch.linalg.svdvals(orthogonalise(drawn))
        assert values.min() > 0.6
        assert values.max() < 1.3
        assert (orthogonalise(drawn) * drawn).sum() > 0
    assert torch.equal(orthogonalise(torch.zeros(4, 6)), torch.zeros(4, 6))
