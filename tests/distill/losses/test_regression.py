"""The loss `regression` on vectors small enough to calculate it by hand."""

import pytest
from torch import tensor

from distill.losses.regression import regression

EAST = [1.0, 0.0]


def test_regression_is_one_minus_the_mean_cosine_at_any_length() -> None:
    loss = regression(tensor([[3.0, 0.0], [0.0, 0.5]]), tensor([EAST, EAST]))
    assert loss.item() == pytest.approx(0.5)  # cosines 1 and 0
