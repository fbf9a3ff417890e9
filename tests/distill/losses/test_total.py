"""The weighted sum of the losses, and the queue of earlier targets."""

import math

import pytest
import torch
from torch import tensor

from distill.config import LossSettings
from distill.losses.total import Losses

EAST = [1.0, 0.0]
NORTH = [0.0, 1.0]
HALF = [math.sqrt(0.5), math.sqrt(0.5)]


def test_the_queue_holds_the_latest_targets() -> None:
    losses = Losses(LossSettings(regression=0.0, instance=1.0, queue_size=3, scale=2.0), 0, 2)
    for targets in (tensor([EAST, EAST]), tensor([NORTH, NORTH])):
        losses(targets, targets, tensor([-1, -1]))
    assert sorted(losses.queue.rows.tolist()) == [NORTH, NORTH, EAST]
    assert losses.queue.filled.all()
    alone = losses(tensor([EAST]), tensor([EAST]), tensor([-1]))
    assert alone["instance"].item() == pytest.approx(math.log(2 + 2 * math.exp(-2)))


def test_places_of_the_queue_that_are_not_filled_yet_are_no_negatives() -> None:
    losses = Losses(LossSettings(regression=0.0, instance=1.0, queue_size=8, scale=2.0), 0, 2)
    first = losses(tensor([EAST]), tensor([EAST]), tensor([-1]))
    assert first["instance"].item() == pytest.approx(0.0)  # nothing to tell apart
    second = losses(tensor([EAST]), tensor([EAST]), tensor([-1]))
    assert second["instance"].item() == pytest.approx(math.log(2))


def test_a_loss_with_weight_zero_is_left_out() -> None:
    losses = Losses(LossSettings(regression=2.0, instance=0.0, relational=0.5), 0, 2)
    terms = losses(tensor([EAST, NORTH]), tensor([EAST, HALF]), tensor([-1, -1]))
    assert set(terms) == {"regression", "relational"}
    assert terms["regression"].item() == pytest.approx(1 - math.sqrt(0.5))  # 2 · (0 + 1 - √½) / 2
    assert terms["relational"].item() == pytest.approx(0.25)


@pytest.mark.parametrize("name", ["regression", "relational", "instance", "classification", "centre", "quality"])
def test_every_loss_has_a_gradient(name: str) -> None:
    torch.manual_seed(0)
    features = torch.randn(6, 4, requires_grad=True)
    losses = Losses(LossSettings(regression=0.0, **{name: 1.0}) if name != "regression" else LossSettings(), 2, 4)
    targets = torch.nn.functional.normalize(torch.randn(6, 4))
    terms = losses(features, targets, tensor([0, 1, 0, -1, -1, 1]))
    assert list(terms) == [name]
    terms[name].backward()
    assert features.grad is not None
    assert features.grad.abs().sum() > 0
