"""Int8."""

from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from onnx import numpy_helper

from distill.export.quantise import find_float_nodes, quantise
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
    found, fewer = find_float_nodes(path, 1), find_float_nodes(path, 0)
    assert [kernels[name] for name in found if name in kernels] == [(4, 3, 3, 3), *block, (4, 8, 1, 1)]
    assert [kernels[name] for name in fewer if name in kernels] == [(4, 3, 3, 3), (4, 8, 1, 1)]


@pytest.mark.filterwarnings("ignore:You are using the legacy TorchScript-based ONNX export:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:The feature will be removed:DeprecationWarning")
def test_a_quantised_convolution_keeps_all_its_levels_for_what_passes_its_relu(tmp_path: Path) -> None:
    torch.manual_seed(0)
    student = Student(Shape(16, (Stage(4), Stage(8, 1)), bottleneck=4, dim=8)).eval()
    chips = np.random.default_rng(0).uniform(-1, 1, (64, 3, 16, 16)).astype(np.float32)
    model = onnx.load_from_string(quantise(to_onnx(student, 16), chips))
    relus = [node.name for node in model.graph.node if node.op_type == "Relu"]
    # of the first stage, behind the sum, and of the bottleneck; those of two quantised convolutions are gone
    assert [name.split("/")[2] for name in relus] == ["at8", "at4", "narrow"]
    values = {value.name: numpy_helper.to_array(value) for value in model.graph.initializer}
    zeros = [int(values[node.input[2]]) for node in model.graph.node if node.op_type == "QuantizeLinear"]
    assert zeros.count(0) == len(zeros) - 1  # but for the output of the convolution before the sum
