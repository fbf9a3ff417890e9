"""Misalignments drawn from measured quantiles."""

import torch

from distill.data.detector_errors import ERRORS, draw_misalignments


def test_drawn_errors_have_the_measured_quantiles_of_their_height() -> None:
    drawn = draw_misalignments(torch.full((40_000,), 17.0), torch.Generator().manual_seed(1))
    middle = torch.tensor(ERRORS[1])[:, 3:6]  # at 16 px: the quartiles
    found = drawn.quantile(torch.tensor([0.25, 0.5, 0.75]), dim=0).T
    assert torch.allclose(found, middle, atol=0.05, rtol=0.05)
    assert drawn[:, 2].max() <= ERRORS[1][2][-1]


def test_heights_outside_the_table_take_its_ends() -> None:
    tiny, large = (draw_misalignments(torch.full((2000,), px), torch.Generator().manual_seed(1)) for px in (5.0, 90.0))
    assert tiny[:, 1].std() > 1.5 * large[:, 1].std()
