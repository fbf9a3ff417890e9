"""ONNX operators in torch, one by one. test_network.py compares whole networks with ONNX Runtime."""

import pytest
import torch

from distill.teacher.operators import OPERATORS


def test_a_limit_is_not_read_so_that_a_cuda_graph_can_record_it() -> None:
    unreadable = torch.tensor(1.0, device="meta")
    assert OPERATORS["Clip"]({}, torch.zeros(3, device="meta"), unreadable).shape == (3,)
    assert OPERATORS["Clip"]({}, torch.tensor([-2.0, 2.0]), torch.tensor(0.0), torch.tensor(1.0)).tolist() == [0, 1]


def test_whole_numbers_are_divided_as_onnx_divides_them() -> None:
    divide = OPERATORS["Div"]
    assert divide({}, torch.tensor([7, 8]), torch.tensor(2)).tolist() == [3, 4]
    assert divide({}, torch.tensor([7.0]), torch.tensor(2.0)).tolist() == [3.5]


def test_pads_may_differ_from_side_to_side() -> None:
    attributes = {"pads": [0, 0, 1, 1], "strides": [2, 2]}
    out = OPERATORS["Conv"](attributes, torch.ones(1, 1, 4, 4), torch.ones(1, 1, 3, 3))
    assert out[0, 0].tolist() == [[9, 6], [6, 4]]


def test_a_split_without_sizes_is_refused() -> None:
    with pytest.raises(ValueError, match="expected the sizes of its parts"):
        OPERATORS["Split"]({}, torch.ones(4))
