"""What a configuration asks of a student, and layers copied from another one."""

import pytest
import torch

from distill.config import StageSettings, StudentSettings
from distill.errors import DistillError
from distill.training.student import (
    Shape,
    Stage,
    Student,
)
from distill.training.students import matching_layers, student_shape


def test_strides_that_do_not_fit_the_size_and_too_many_parameters_are_refused() -> None:
    small = (StageSettings(8), StageSettings(16))
    with pytest.raises(DistillError, match="expected strides that make 4 of 32 px, got a product of 4"):
        student_shape(StudentSettings(32, small), 128)
    with pytest.raises(DistillError, match=r"expected a stride of 2 after the first, got \[2, 2, 1\]"):
        student_shape(StudentSettings(16, (*small, StageSettings(16, stride=1))), 128)
    with pytest.raises(DistillError, match="expected at most 215,000 parameters"):
        student_shape(StudentSettings(16, (StageSettings(64), StageSettings(128, 1))), 128)


def test_a_layer_is_copied_with_its_normalisation_or_not_at_all() -> None:
    giver = Student(Shape(16, (Stage(16), Stage(24, 1)), bottleneck=4, dim=8))
    taker = Student(Shape(32, (Stage(8), Stage(16), Stage(24, 1)), bottleneck=4, dim=8))
    taken = matching_layers(taker.state_dict(), giver.state_dict())
    layers = {key.rpartition(".")[0] for key in taken}
    assert "stages.at4.0.1" in layers
    assert "stages.at8.0.1" not in layers  # 16 channels in both, but after another convolution
    assert {"narrow.0", "narrow.1", "out", "stages.at4.1.second.1"} <= layers
    assert all(torch.equal(value, giver.state_dict()[key]) for key, value in taken.items())
