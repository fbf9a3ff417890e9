"""Corrects the first linear layer of an int8 student, so that it makes of quantised inputs what it made of exact ones.

Quantisation changes the inputs of that layer in part systematically. A least-squares fit to the float network's outputs
takes that part back; bias correction (Nagel et al., "Data-free quantization", ICCV 2019) does so for the means alone.
The layer is stored in int8 but works in float: it takes little of the time. Its weights are spelt as `Cast` and `Mul`,
which ONNX Runtime computes once when it opens the file; a `DequantizeLinear` it would compute at every call.
"""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from detectors.arrays import Float32, Float64
from detectors.runtime import Runtime, open_session

BATCH = 256
PENALTY = 1.0  # share of the mean variance of the inputs; with less, the fit follows the noise of a few thousand views
LEVELS = 127  # of int8
_LINEAR = ("Gemm", "MatMul")


def correct_last_layer(int8: bytes, fp32: bytes, chips: Float32) -> bytes:
    """Fit the first linear layer of the int8 file, which must be in float there, on chips (N,3,S,S) in -1..1.

    Both files have the same layers. The weights become int8 with one scale for each output.
    """
    model = onnx.load_from_string(int8)
    first, *others = _linear_nodes(model)
    inputs, targets = _read(int8, first.input[0], chips), _read(fp32, _output_of_first(fp32), chips)
    weight, bias = _fit(inputs, targets, _weight(model, first))
    _replace(model, first, weight, bias)
    for node in others:
        _replace(model, node, _weight(model, node), _bias(model, node))
    onnx.checker.check_model(model)
    data: bytes = model.SerializeToString()
    return data


def _fit(inputs: Float64, targets: Float64, start: Float64) -> tuple[Float64, Float64]:
    """Weight (D,F) and bias (D,) nearest to `start` that map inputs (N,F) to targets (N,D)."""
    mean_x, mean_y = inputs.mean(axis=0), targets.mean(axis=0)
    centred = inputs - mean_x
    missing = targets - mean_y - centred @ start.T
    covariance = centred.T @ centred / len(inputs)
    ridge = PENALTY * np.trace(covariance) / len(covariance) * np.eye(len(covariance))
    weight = start + np.linalg.solve(covariance + ridge, centred.T @ missing / len(inputs)).T
    return weight, mean_y - weight @ mean_x


def _linear_nodes(model: onnx.ModelProto) -> list[onnx.NodeProto]:
    return [node for node in model.graph.node if node.op_type in _LINEAR]


def _output_of_first(model: bytes) -> str:
    return str(_linear_nodes(onnx.load_from_string(model))[0].output[0])


def _weight(model: onnx.ModelProto, node: onnx.NodeProto) -> Float64:
    """A layer's weight as (outputs, inputs)."""
    weight = _initializer(model, node.input[1])
    transposed = any(attribute.name == "transB" and attribute.i for attribute in node.attribute)
    return weight if transposed else weight.T


def _bias(model: onnx.ModelProto, node: onnx.NodeProto) -> Float64:
    return _initializer(model, node.input[2])


def _initializer(model: onnx.ModelProto, name: str) -> Float64:
    (tensor,) = (value for value in model.graph.initializer if value.name == name)
    return np.asarray(numpy_helper.to_array(tensor), np.float64)


def _read(model: bytes, tensor: str, chips: Float32) -> Float64:
    """An inner tensor (N,F) for all chips."""
    proto = onnx.load_from_string(model)
    proto.graph.output.append(helper.make_empty_tensor_value_info(tensor))
    session = open_session(proto.SerializeToString(), Runtime())
    parts = [session.run([tensor], {"chips": chips[row : row + BATCH]})[0] for row in range(0, len(chips), BATCH)]
    return np.concatenate(parts).astype(np.float64)


def _replace(model: onnx.ModelProto, node: onnx.NodeProto, weight: Float64, bias: Float64) -> None:
    """Put a Gemm with int8 weights (D,F) and a float bias (D,) in the place of a linear layer."""
    scale = np.maximum(np.abs(weight).max(axis=1), 1e-12) / LEVELS
    rounded = np.rint(weight / scale[:, None]).astype(np.int8)
    name, graph = node.name or node.output[0], model.graph
    arrays = {"weight": rounded, "scale": scale[:, None].astype(np.float32), "bias": bias.astype(np.float32)}
    for old in [value for value in graph.initializer if value.name in node.input[1:]]:
        graph.initializer.remove(old)
    graph.initializer.extend(numpy_helper.from_array(array, f"{name}.{key}") for key, array in arrays.items())
    whole = helper.make_node("Cast", [f"{name}.weight"], [f"{name}.whole"], f"{name}.cast", to=TensorProto.FLOAT)
    exact = helper.make_node("Mul", [f"{name}.whole", f"{name}.scale"], [f"{name}.float"], f"{name}.dequantise")
    inputs = [node.input[0], f"{name}.float", f"{name}.bias"]
    linear = helper.make_node("Gemm", inputs, list(node.output), f"{name}.gemm", transB=1)
    place = list(graph.node).index(node)
    graph.node.remove(node)
    for added in (linear, exact, whole):
        graph.node.insert(place, added)
