"""The correction of an int8 student's last layer."""

import numpy as np
import onnx
import pytest
import torch

from detectors.arrays import Float32
from detectors.runtime import Runtime, open_session
from distill.export.correct import correct_last_layer
from distill.export.quantise import quantise
from distill.export.stage import to_onnx
from distill.training.student import Shape, Stage, Student

pytestmark = [
    pytest.mark.filterwarnings("ignore:You are using the legacy TorchScript-based ONNX export:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:The feature will be removed:DeprecationWarning"),
]


def run(model: bytes, chips: Float32) -> Float32:
    features: Float32 = open_session(model, Runtime()).run(["features"], {"chips": chips})[0]
    return features


@pytest.mark.parametrize("rank", [0, 6])
def test_the_corrected_layer_is_nearer_to_the_float_network_on_other_chips(rank: int) -> None:
    torch.manual_seed(0)
    student = Student(Shape(16, (Stage(8), Stage(16, 1)), bottleneck=4, dim=8, rank=rank))
    student(torch.randn(64, 3, 16, 16))  # normalisations of their own
    fp32 = to_onnx(student.eval(), 16)
    chips, others = (np.random.default_rng(seed).uniform(-1, 1, (400, 3, 16, 16)).astype(np.float32) for seed in (1, 2))
    int8 = quantise(fp32, 0.3 * chips)  # ranges that are too narrow: a systematic error
    corrected = correct_last_layer(int8, fp32, chips)
    exact = run(fp32, others)
    before, after = ((run(model, others) * exact).sum(1).mean() for model in (int8, corrected))
    assert after > before + 0.1 * (1 - before)


def test_weights_of_linear_layers_are_stored_as_int8() -> None:
    torch.manual_seed(0)
    student = Student(Shape(16, (Stage(8), Stage(16)), bottleneck=4, dim=8, rank=6)).eval()
    fp32 = to_onnx(student, 16)
    chips = np.random.default_rng(1).uniform(-1, 1, (80, 3, 16, 16)).astype(np.float32)
    model = onnx.load_from_string(correct_last_layer(quantise(fp32, chips), fp32, chips))
    sizes = {value.name: (value.data_type, int(np.prod(value.dims))) for value in model.graph.initializer}
    assert sorted(size for kind, size in sizes.values() if kind == onnx.TensorProto.INT8)[-2:] == [6 * 64, 8 * 16 * 9]
    floats = [size for kind, size in sizes.values() if kind == onnx.TensorProto.FLOAT]
    assert max(floats) <= 8 * 3 * 9  # the first convolution, which stays in float
