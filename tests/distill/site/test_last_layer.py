"""The last layer of exported students, in float and in int8."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from detectors.arrays import Chips
from detectors.runtime import Runtime
from distill.errors import DistillError
from distill.site.last_layer import LastLayer
from recognizer.load import family_files
from recognizer.onnx import OnnxRecognizer, read_chip_spec
from recognizer.preprocess import l2_normalise
from tests.synthetic.networks import write_recognizer

RNG = np.random.default_rng(0)


def open_layer(path: Path) -> LastLayer:
    return LastLayer(path.read_bytes(), read_chip_spec(path))


def chips(size: int, count: int = 6) -> Chips:
    return RNG.integers(0, 255, (count, size, size, 3)).astype(np.uint8)


def models(folder: Path) -> list[Path]:
    return [write_recognizer(folder / "own.onnx", 16), family_files("base")[0], family_files("tiny")[0]]


@pytest.mark.parametrize("number", [0, 1, 2])
def test_weights_times_inputs_are_what_the_model_gives(tmp_path: Path, number: int) -> None:
    path = models(tmp_path)[number]
    layer, spec = open_layer(path), read_chip_spec(path)
    given = chips(spec.size)
    inputs = layer.inputs(given)
    assert inputs.shape == (6, layer.weight.shape[1])
    vectors = OnnxRecognizer(path, spec, Runtime()).embed(given)
    np.testing.assert_allclose(l2_normalise(inputs @ layer.weight.T + layer.bias), vectors, atol=2e-3)


@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_model_with_other_weights_gives_what_they_say(tmp_path: Path, number: int) -> None:
    path = models(tmp_path)[number]
    layer, spec = open_layer(path), read_chip_spec(path)
    weight = layer.weight + RNG.normal(0, 0.3 * layer.weight.std(), layer.weight.shape)
    bias = layer.bias + 0.01
    (tmp_path / "other.onnx").write_bytes(layer.replaced(weight, bias))
    given = chips(spec.size)
    vectors = OnnxRecognizer(tmp_path / "other.onnx", spec, Runtime()).embed(given)
    expected = l2_normalise(layer.inputs(given) @ weight.T + bias)
    assert (vectors * expected).sum(axis=1).min() > 0.999  # in int8, weights are rounded
    assert abs((tmp_path / "other.onnx").stat().st_size - path.stat().st_size) < 0.6 * path.stat().st_size
    again = open_layer(tmp_path / "other.onnx")
    np.testing.assert_allclose(again.weight, weight, atol=np.abs(weight).max() / 100)


def test_a_model_without_a_linear_layer_is_refused(tmp_path: Path) -> None:
    given, made = (helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", 3, 16, 16]) for name in ("x", "y"))
    graph = helper.make_graph([helper.make_node("Relu", ["x"], ["y"])], "g", [given], [made])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    spec = read_chip_spec(write_recognizer(tmp_path / "own.onnx", 16))
    with pytest.raises(DistillError, match="expected a model with a linear layer"):
        LastLayer(model.SerializeToString(), spec)


def test_weights_that_are_computed_are_refused(tmp_path: Path) -> None:
    path = write_recognizer(tmp_path / "own.onnx", 16)
    model = onnx.load(path)
    product = next(node for node in model.graph.node if node.op_type == "MatMul")
    model.graph.node.insert(0, helper.make_node("Neg", [product.input[1]], ["computed"]))
    product.input[1] = "computed"
    with pytest.raises(DistillError, match="expected a last layer with constant weights, got 'computed'"):
        LastLayer(model.SerializeToString(), read_chip_spec(path))
