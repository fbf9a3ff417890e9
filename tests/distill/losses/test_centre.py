"""The loss `centre` on vectors small enough to calculate it by hand."""

import math

import pytest
import torch
from torch import tensor

from distill.losses.centre import centre_margin, update_centres

EAST = [1.0, 0.0]
NORTH = [0.0, 1.0]
HALF = [math.sqrt(0.5), math.sqrt(0.5)]


def test_centre_margin_adds_its_angle_to_the_own_centre() -> None:
    loss = centre_margin(tensor([EAST]), tensor([EAST, NORTH]), tensor([0]), scale=2.0, margin=math.pi / 3)
    assert loss.item() == pytest.approx(math.log(1 + math.exp(-1)), abs=3e-3)  # 2 cos 60° against 2 cos 90°


def test_a_centre_moves_by_the_cosine_of_student_and_teacher() -> None:
    centres, target = tensor([EAST, NORTH]), tensor([NORTH])
    assert torch.equal(update_centres(centres, tensor([EAST]), target, tensor([0])), centres)  # cosine 0: stays
    assert torch.allclose(update_centres(centres, tensor([NORTH]), target, tensor([0]))[0], tensor(NORTH))  # 1: all
    moved = update_centres(centres, tensor([HALF]), target, tensor([0]))[0]
    share = math.sqrt(0.5)
    assert torch.allclose(moved, torch.nn.functional.normalize(tensor([1 - share, share]), dim=0))
