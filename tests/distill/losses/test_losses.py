"""Golden numbers, worked out by hand from each loss's formula, on vectors small enough to check with a pencil."""

import math

import pytest
import torch
from torch import tensor

from distill.config import LossSettings
from distill.losses.centre import centre_margin, update_centres
from distill.losses.classification import classification
from distill.losses.instance import instance
from distill.losses.quality import quality
from distill.losses.regression import regression
from distill.losses.relational import relational
from distill.losses.total import Losses

EAST, NORTH = [1.0, 0.0], [0.0, 1.0]
NOBODY = torch.zeros(0, 2)
HALF = [math.sqrt(0.5), math.sqrt(0.5)]


def test_regression_is_one_minus_the_mean_cosine_whatever_the_length() -> None:
    loss = regression(tensor([[3.0, 0.0], [0.0, 0.5]]), tensor([EAST, EAST]))
    assert loss.item() == pytest.approx(0.5)  # cosines 1 and 0


def test_relational_compares_cosines_of_different_rows_only() -> None:
    loss = relational(tensor([EAST, NORTH]), tensor([EAST, HALF]))
    assert loss.item() == pytest.approx(0.5)  # both off-diagonal cosines are 0 and should be √½
    assert relational(tensor([EAST, NORTH]), tensor([NORTH, EAST])).item() == pytest.approx(0)  # rotated alike


def test_relational_refuses_a_single_row() -> None:
    with pytest.raises(ValueError, match="expected at least 2 rows, got 1"):
        relational(tensor([EAST]), tensor([EAST]))


def test_instance_is_a_softmax_over_the_targets_of_the_batch() -> None:
    loss = instance(tensor([EAST, NORTH]), tensor([EAST, NORTH]), NOBODY, scale=2.0)
    assert loss.item() == pytest.approx(math.log(1 + math.exp(-2)))
    harder = instance(tensor([EAST, NORTH]), tensor([EAST, NORTH]), NOBODY, scale=2.0, margin=0.25)
    assert harder.item() == pytest.approx(math.log(1 + math.exp(-1.5)))


def test_instance_tells_a_face_from_earlier_ones_but_not_from_its_like() -> None:
    faces = tensor([EAST, NORTH])
    loss = instance(faces, faces, tensor([[-1.0, 0.0], EAST]), scale=2.0, alike=0.9)
    east = math.log(1 + math.exp(-2) + math.exp(-4))  # from north and west; the other east is alike
    north = math.log(1 + 3 * math.exp(-2))
    assert loss.item() == pytest.approx((east + north) / 2)


def test_the_latest_targets_are_kept_to_be_told_apart() -> None:
    losses = Losses(LossSettings(regression=0.0, instance=1.0, queue_size=3, scale=2.0), 0, 2)
    for targets in (tensor([EAST, EAST]), tensor([NORTH, NORTH])):
        losses(targets, targets, tensor([-1, -1]))
    assert losses.earlier.tolist() == [NORTH, NORTH, EAST]
    alone = losses(tensor([EAST]), tensor([EAST]), tensor([-1]))
    assert alone["instance"].item() == pytest.approx(math.log(2 + 2 * math.exp(-2)))


def test_classification_looks_only_at_known_people() -> None:
    features, centres = tensor([EAST, NORTH, HALF]), tensor([[5.0, 0.0], [0.0, 2.0]])
    loss = classification(features, centres, tensor([0, -1, -1]), scale=4.0, margin=0.5)
    assert loss.item() == pytest.approx(math.log(1 + math.exp(-2)))  # own logit 4 (1 - ½), the other 0
    assert classification(features, centres, tensor([-1, -1, -1]), scale=4.0, margin=0.5).item() == 0


def test_centre_margin_adds_its_angle_to_the_own_centre() -> None:
    loss = centre_margin(tensor([EAST]), tensor([EAST, NORTH]), tensor([0]), scale=2.0, margin=math.pi / 3)
    assert loss.item() == pytest.approx(math.log(1 + math.exp(-1)), abs=3e-3)  # 2 cos 60° against 2 cos 90°


def test_a_centre_moves_as_far_as_the_student_agrees() -> None:
    centres, target = tensor([EAST, NORTH]), tensor([NORTH])
    assert torch.equal(update_centres(centres, tensor([EAST]), target, tensor([0])), centres)  # cosine 0: stays
    assert torch.allclose(update_centres(centres, tensor([NORTH]), target, tensor([0]))[0], tensor(NORTH))  # 1: all
    moved = update_centres(centres, tensor([HALF]), target, tensor([0]))[0]
    share = math.sqrt(0.5)
    assert torch.allclose(moved, torch.nn.functional.normalize(tensor([1 - share, share]), dim=0))


def test_quality_wants_long_features_where_the_cosine_is_high() -> None:
    assert quality(tensor([[1.0, 0.0]]), tensor([HALF])).item() == pytest.approx((math.sqrt(0.5) - 0.5) ** 2)


def test_a_weight_of_zero_leaves_a_term_out() -> None:
    losses = Losses(LossSettings(regression=2.0, instance=0.0, relational=0.5), 0, 2)
    terms = losses(tensor([EAST, NORTH]), tensor([EAST, HALF]), tensor([-1, -1]))
    assert set(terms) == {"regression", "relational"}
    assert terms["regression"].item() == pytest.approx(1 - math.sqrt(0.5))  # 2 · (0 + 1 - √½) / 2
    assert terms["relational"].item() == pytest.approx(0.25)


@pytest.mark.parametrize("name", ["regression", "relational", "instance", "classification", "centre", "quality"])
def test_every_term_teaches(name: str) -> None:
    torch.manual_seed(0)
    features = torch.randn(6, 4, requires_grad=True)
    losses = Losses(LossSettings(regression=0.0, **{name: 1.0}) if name != "regression" else LossSettings(), 2, 4)
    targets = torch.nn.functional.normalize(torch.randn(6, 4))
    terms = losses(features, targets, tensor([0, 1, 0, -1, -1, 1]))
    assert list(terms) == [name]
    terms[name].backward()
    assert features.grad is not None
    assert features.grad.abs().sum() > 0
