"""The loss `relational` on vectors small enough to calculate it by hand."""

import math

import pytest
from torch import tensor

from distill.losses.relational import relational

EAST = [1.0, 0.0]
NORTH = [0.0, 1.0]
HALF = [math.sqrt(0.5), math.sqrt(0.5)]


def test_relational_compares_cosines_of_different_rows_only() -> None:
    loss = relational(tensor([EAST, NORTH]), tensor([EAST, HALF]))
    assert loss.item() == pytest.approx(0.5)  # both off-diagonal cosines are 0 and should be √½
    assert relational(tensor([EAST, NORTH]), tensor([NORTH, EAST])).item() == pytest.approx(0)  # rotated alike


def test_relational_refuses_a_single_row() -> None:
    with pytest.raises(ValueError, match="expected at least 2 rows, got 1"):
        relational(tensor([EAST]), tensor([EAST]))
