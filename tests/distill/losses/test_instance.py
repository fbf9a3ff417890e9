"""The loss `instance` on vectors small enough to calculate it by hand."""

import math

import pytest
import torch
from torch import tensor

from distill.losses.instance import instance

EAST = [1.0, 0.0]
NORTH = [0.0, 1.0]
NOBODY = torch.zeros(0, 2)


def test_instance_is_a_softmax_over_the_targets_of_the_batch() -> None:
    loss = instance(tensor([EAST, NORTH]), tensor([EAST, NORTH]), NOBODY, scale=2.0)
    assert loss.item() == pytest.approx(math.log(1 + math.exp(-2)))
    harder = instance(tensor([EAST, NORTH]), tensor([EAST, NORTH]), NOBODY, scale=2.0, margin=0.25)
    assert harder.item() == pytest.approx(math.log(1 + math.exp(-1.5)))


def test_targets_of_the_queue_are_negatives_unless_they_are_the_same_person() -> None:
    faces = tensor([EAST, NORTH])
    loss = instance(faces, faces, tensor([[-1.0, 0.0], EAST]), scale=2.0, same_person_cosine=0.9)
    east = math.log(1 + math.exp(-2) + math.exp(-4))  # from north and west; the other east is alike
    north = math.log(1 + 3 * math.exp(-2))
    assert loss.item() == pytest.approx((east + north) / 2)
