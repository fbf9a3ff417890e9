"""Exported students."""

from pathlib import Path

import numpy as np
import onnx
import pytest
import torch

from detectors.runtime import Runtime
from distill.errors import DistillError
from distill.export.quantise import quantise
from distill.export.stage import add_chip_spec, check_agreement, to_onnx
from distill.teacher.model import Teacher
from distill.training.student import (
    Shape,
    Stage,
    Student,
    UnitNormStudent,
)
from recognizer.onnx import read_chip_spec
from recognizer.preprocess import to_planes
from recognizer.spec import ChipSpec


@pytest.mark.filterwarnings("ignore:You are using the legacy TorchScript-based ONNX export:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:The feature will be removed:DeprecationWarning")
def test_the_exported_file_gives_the_output_of_torch(tmp_path: Path) -> None:
    torch.manual_seed(0)
    student = Student(Shape(16, (Stage(8), Stage(16, 1)), bottleneck=4, dim=8)).eval()
    spec = ChipSpec(size=16, dim=8, model_id="m", lineage="l")
    model = add_chip_spec(to_onnx(student, 16), spec)
    (tmp_path / "student.onnx").write_bytes(model)
    assert read_chip_spec(tmp_path / "student.onnx") == spec
    chips = np.random.default_rng(1).integers(0, 255, (70, 16, 16, 3)).astype(np.uint8)
    assert check_agreement(student, model, spec, chips) < 1e-4
    rows, _ = UnitNormStudent(student)(torch.from_numpy(to_planes(chips, spec)))
    assert torch.allclose(rows.norm(dim=1), torch.ones(70), atol=1e-5)
    other = Student(student.shape).eval()
    with pytest.raises(DistillError, match="torch and ONNX Runtime must agree"):
        check_agreement(other, model, spec, chips)
    small = quantise(model, to_planes(chips, spec))
    kinds = {node.op_type for node in onnx.load_from_string(small).graph.node}
    assert {"QuantizeLinear", "DequantizeLinear"} <= kinds
    cosines = (
        Teacher(add_chip_spec(small, spec), spec, Runtime()).embed_chips(chips)
        * Teacher(model, spec, Runtime()).embed_chips(chips)
    ).sum(1)
    assert cosines.mean() > 0.97
