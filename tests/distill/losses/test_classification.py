"""The loss `classification` on vectors small enough to calculate it by hand."""

import math

import pytest
from torch import tensor

from distill.losses.classification import classification

EAST = [1.0, 0.0]
NORTH = [0.0, 1.0]
HALF = [math.sqrt(0.5), math.sqrt(0.5)]


def test_classification_ignores_unknown_people() -> None:
    features, centres = tensor([EAST, NORTH, HALF]), tensor([[5.0, 0.0], [0.0, 2.0]])
    loss = classification(features, centres, tensor([0, -1, -1]), scale=4.0, margin=0.5)
    assert loss.item() == pytest.approx(math.log(1 + math.exp(-2)))  # own logit 4 (1 - ½), the other 0
    assert classification(features, centres, tensor([-1, -1, -1]), scale=4.0, margin=0.5).item() == 0
