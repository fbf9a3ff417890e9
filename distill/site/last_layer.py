"""The last linear layer of an exported student: what it is given, its weights, and the file with others in their place.

In the shipped int8 files that layer works in float and is stored in int8 (distill/export/correct.py): its weights come
from `Cast` and `Mul`. In float files they are a constant.
"""

from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper

from detectors.arrays import Chips, Float32, Float64
from detectors.runtime import Runtime, open_session
from distill.errors import DistillError
from recognizer.preprocess import to_planes
from recognizer.spec import ChipSpec

BATCH = 64
LEVELS = 127  # of int8
LINEAR = ("Gemm", "MatMul")


class LastLayer:
    """Reads and replaces the last linear layer of one model."""

    def __init__(self, model: bytes, spec: ChipSpec, *, threads: int = 1) -> None:
        """Raises DistillError for a model that does not end in a linear layer with constant weights."""
        self._proto, self._spec = onnx.load_from_string(model), spec
        self._node = self._find()
        self.weight, self.bias = self._read_weights()
        self._session = self._open(threads)

    def inputs(self, chips: Chips) -> Float32:
        """What the layer is given for chips BGR uint8 (N,S,S,3): float32 (N,F)."""
        name, entry = self._node.input[0], self._session.get_inputs()[0].name
        batches = (chips[start : start + BATCH] for start in range(0, len(chips), BATCH))
        parts = [self._session.run([name], {entry: to_planes(batch, self._spec)})[0] for batch in batches]
        return np.concatenate([np.asarray(part, np.float32).reshape(len(part), -1) for part in parts])

    def replaced(self, weight: Float64, bias: Float64) -> bytes:
        """The model with other weights (D,F) and bias (D,), stored as its own are."""
        proto = onnx.ModelProto()
        proto.CopyFrom(self._proto)
        stored = self._stored_in_int8()
        if stored:
            scale = np.maximum(np.abs(weight).max(axis=1, keepdims=True), 1e-12) / LEVELS
            _set(proto, stored[0], np.rint(weight / scale).astype(np.int8))
            _set(proto, stored[1], scale.astype(np.float32))
            _set(proto, self._node.input[2], bias.astype(np.float32))
        else:
            _put_gemm(proto, self._node, weight, bias)
        onnx.checker.check_model(proto)
        data: bytes = proto.SerializeToString()
        return data

    def _open(self, threads: int) -> Any:
        proto = onnx.ModelProto()
        proto.CopyFrom(self._proto)
        proto.graph.output.append(helper.make_empty_tensor_value_info(self._node.input[0]))
        return open_session(proto.SerializeToString(), Runtime(threads=threads))

    def _find(self) -> onnx.NodeProto:
        nodes = [node for node in self._proto.graph.node if node.op_type in LINEAR]
        if not nodes:
            raise DistillError("student: expected a model with a linear layer, got one without")
        last: onnx.NodeProto = nodes[-1]
        return last

    def _read_weights(self) -> tuple[Float64, Float64]:
        """Weight (D,F) and bias (D,)."""
        stored = self._stored_in_int8()
        if stored:
            whole, scale = (self._constant(name) for name in stored)
            weight = whole * scale
        else:
            weight = self._constant(self._node.input[1])
        transposed = any(attribute.name == "transB" and attribute.i for attribute in self._node.attribute)
        weight = weight if transposed else weight.T
        bias = self._constant(self._node.input[2]) if len(self._node.input) > 2 else np.zeros(len(weight))
        return weight, bias

    def _stored_in_int8(self) -> tuple[str, str] | None:
        """The names of the whole numbers and of their scales; None for weights that are a constant."""
        made = {name: node for node in self._proto.graph.node for name in node.output}
        product = made.get(self._node.input[1])
        if product is None or product.op_type != "Mul" or (cast := made.get(product.input[0])) is None:
            return None
        return cast.input[0], product.input[1]

    def _constant(self, name: str) -> Float64:
        found = [value for value in self._proto.graph.initializer if value.name == name]
        if not found:
            raise DistillError(f"student: expected a last layer with constant weights, got {name!r}, which is computed")
        return np.asarray(numpy_helper.to_array(found[0]), np.float64)


def _set(proto: onnx.ModelProto, name: str, value: NDArray[Any]) -> None:
    (tensor,) = (one for one in proto.graph.initializer if one.name == name)
    tensor.CopyFrom(numpy_helper.from_array(value, name))


def _put_gemm(proto: onnx.ModelProto, old: onnx.NodeProto, weight: Float64, bias: Float64) -> None:
    """Put a Gemm with these weights in the place of a linear layer."""
    node = next(one for one in proto.graph.node if one.output == old.output)
    known = {one.name for one in proto.graph.initializer}
    mark = ".fitted" * sum(name.startswith(f"{old.output[0]}.weight") for name in known)  # a model may be fitted again
    names = [f"{old.output[0]}.{part}{mark}" for part in ("weight", "bias")]
    for name, value in zip(names, (weight, bias), strict=True):
        proto.graph.initializer.append(numpy_helper.from_array(value.astype(np.float32), name))
    gemm = helper.make_node("Gemm", [node.input[0], *names], list(node.output), transB=1)
    node.CopyFrom(gemm)
    used = {name for one in proto.graph.node for name in one.input}
    for constant in [one for one in proto.graph.initializer if one.name not in used]:
        proto.graph.initializer.remove(constant)
