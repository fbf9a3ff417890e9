"""The ridge regression of the last layer."""

import torch

from distill.training.last_layer import Moments, _set_last_layer
from distill.training.student import Shape, Stage, Student


def data(count: int = 400) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Inputs (N,64) with means, an exact linear map of rank 3 to (N,8), and its weight (8,64)."""
    torch.manual_seed(0)
    weight = torch.randn(8, 3) @ torch.randn(3, 64)
    inputs = torch.randn(count, 64) + 2
    return inputs, inputs @ weight.T + 5, weight


def test_a_linear_map_is_found_whatever_the_batches() -> None:
    inputs, targets, weight = data()
    whole, pieces = Moments(64, 8), Moments(64, 8)
    whole.add(inputs, targets)
    for part in range(0, 400, 100):
        pieces.add(inputs[part : part + 100], targets[part : part + 100])
    for moments in (whole, pieces):
        found = moments.solve(1e-6)
        bias = moments.bias_of(found)
        assert torch.allclose(found.float(), weight, atol=1e-2)
        assert torch.allclose(bias.float(), torch.full((8,), 5.0), atol=0.1)


def test_a_greater_penalty_gives_smaller_weights() -> None:
    inputs, targets, _ = data()
    moments = Moments(64, 8)
    moments.add(inputs, targets)
    assert moments.solve(1.0).norm() < 0.8 * moments.solve(1e-6).norm()


def test_a_layer_of_the_map_s_own_rank_loses_nothing() -> None:
    inputs, targets, _ = data()
    moments = Moments(64, 8)
    moments.add(inputs, targets)
    errors = []
    for rank in (3, 2):
        student = Student(Shape(16, (Stage(8), Stage(16)), bottleneck=4, dim=8, rank=rank))
        with torch.no_grad():
            _set_last_layer(student, moments, 1e-6)
            predicted = student.out(student.reduce(inputs))
        errors.append(float((predicted - targets).norm() / targets.norm()))
        assert torch.allclose(predicted.mean(0), targets.mean(0), atol=1e-3)  # at any rank
    assert errors[0] < 0.01 < 0.05 < errors[1]
