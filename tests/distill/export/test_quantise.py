"""Int8."""

from pathlib import Path

import onnx
import pytest
import torch

from distill.export.quantise import find_float_nodes
from distill.export.stage import to_onnx
from distill.training.student import (
    FlipTTA,
    Shape,
    Stage,
    Student,
)


@pytest.mark.filterwarnings("ignore:You are using the legacy TorchScript-based ONNX export:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:The feature will be removed:DeprecationWarning")
def test_the_first_stage_and_the_bottleneck_stay_in_float(tmp_path: Path) -> None:
    torch.manual_seed(0)
    student = Student(Shape(16, (Stage(4, 1), Stage(8, 1)), bottleneck=4, dim=8)).eval()
    path = tmp_path / "student.onnx"
    path.write_bytes(to_onnx(FlipTTA(student).eval(), 16))
    graph = onnx.load(path).graph
    shapes = {value.name: tuple(value.dims) for value in graph.initializer}
    kernels = {node.name: shapes[node.input[1]] for node in graph.node if node.op_type == "Conv"}
    block = [(4, 4, 3, 3)] * 2
    assert [kernels[name] for name in find_float_nodes(path, 1)] == [(4, 3, 3, 3), *block, (4, 8, 1, 1)]
    assert [kernels[name] for name in find_float_nodes(path, 0)] == [(4, 3, 3, 3), (4, 8, 1, 1)]
