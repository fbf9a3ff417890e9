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
def test_the_first_stage_and_sums_after_the_last_layer_stay_in_float(tmp_path: Path) -> None:
    torch.manual_seed(0)
    student = Student(Shape(16, (Stage(4, 1), Stage(8, 1)), bottleneck=4, dim=8)).eval()
    path = tmp_path / "student.onnx"
    path.write_bytes(to_onnx(FlipTTA(student).eval(), 16))
    kinds = {node.name: node.op_type for node in onnx.load(path).graph.node}
    assert [kinds[name] for name in find_float_nodes(path, 1)] == ["Conv", "Conv", "Conv", "Add", "Add"]
    assert [kinds[name] for name in find_float_nodes(path, 0)] == ["Conv", "Add"]
