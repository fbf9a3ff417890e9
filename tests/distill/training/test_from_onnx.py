"""Weights of an exported file."""

from pathlib import Path

import pytest
import torch

from distill.detector.export import write_detector
from distill.detector.network import FaceNet
from distill.errors import DistillError
from distill.export.stage import to_onnx
from distill.training.from_onnx import load_onnx_weights
from distill.training.student import (
    Shape,
    Stage,
    Student,
)


@pytest.mark.filterwarnings("ignore:You are using the legacy TorchScript-based ONNX export:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:The feature will be removed:DeprecationWarning")
def test_a_student_with_the_weights_of_an_exported_file_gives_its_output(tmp_path: Path) -> None:
    torch.manual_seed(0)
    shape = Shape(16, (Stage(8), Stage(16, 1)), bottleneck=4, dim=8)
    chips = torch.randn(64, 3, 16, 16)
    old, new = Student(shape), Student(shape)
    for _ in range(20):
        old(chips)  # moves the means away from what they begin with
    (tmp_path / "old.onnx").write_bytes(to_onnx(old.eval(), 16))
    load_onnx_weights(new, tmp_path / "old.onnx", chips)
    expected = old.eval()(chips)
    assert torch.allclose(new.eval()(chips), expected, atol=1e-4)
    assert torch.allclose(new.train()(chips), expected, atol=1e-2)  # by the mean and spread of the batch at hand
    with pytest.raises(DistillError, match=r"expected weights \(4, 3, 3, 3\), got \(8, 3, 3, 3\)"):
        load_onnx_weights(Student(Shape(16, (Stage(4), Stage(16, 1)), 4, 8)), tmp_path / "old.onnx", chips)
    with pytest.raises(DistillError, match="expected 3 convolutions and 1 linear layers, got 6 layers"):
        load_onnx_weights(Student(Shape(16, (Stage(8), Stage(16)), 4, 8)), tmp_path / "old.onnx", chips)


@pytest.mark.filterwarnings("ignore:You are using the legacy TorchScript-based ONNX export:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:The feature will be removed:DeprecationWarning")
def test_weights_are_loaded_into_a_student_on_another_device(tmp_path: Path) -> None:
    shape, elsewhere = Shape(8, (Stage(8),), bottleneck=4, dim=8), torch.device("meta")  # refuses what is on the CPU
    (tmp_path / "old.onnx").write_bytes(to_onnx(Student(shape).eval(), 8))
    student = Student(shape).to(elsewhere)
    load_onnx_weights(student, tmp_path / "old.onnx", torch.zeros(4, 3, 8, 8, device=elsewhere))
    assert {weight.device for weight in student.parameters()} == {elsewhere}


@pytest.mark.filterwarnings("ignore:You are using the legacy TorchScript-based ONNX export:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:The feature will be removed:DeprecationWarning")
def test_a_wider_network_begins_with_the_output_of_the_file_and_learns_with_all_its_channels(tmp_path: Path) -> None:
    torch.manual_seed(0)
    pictures = torch.rand(8, 3, 64, 64)
    old, wide = FaceNet((4, 4), 8, 8), FaceNet((4, 4), 12, 16)
    for _ in range(20):
        old(pictures)  # moves the means away from what they begin with
    write_detector(old.eval(), tmp_path / "old.onnx")
    load_onnx_weights(wide, tmp_path / "old.onnx", pictures)
    for ours, expected in zip(wide.eval()(pictures), old(pictures), strict=True):
        torch.testing.assert_close(ours, expected, atol=1e-3, rtol=1e-3)
    sum(level.square().sum() for level in wide.train()(pictures)).backward()
    assert all(head.weight.grad.abs().amin(dim=(0, 2, 3)).min() > 0 for head in wide.heads)
