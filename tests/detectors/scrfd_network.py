"""Write an ONNX file in SCRFD's format that detects red squares."""

from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

SHARES = np.array([[0.3, 0.4], [0.7, 0.4], [0.5, 0.6], [0.35, 0.8], [0.65, 0.8]], np.float32)
"""Landmarks as shares of a cell."""


def write_scrfd(
    path: Path, *, batch_axis: bool = True, landmarks: bool = True, size: int = 0, names: tuple[str, str] = ("h", "w")
) -> Path:
    """Write the network. Score of a cell: red minus blue; half on the second anchor, a tenth on strides 8 and 16.

    batch_axis: outputs (1, k, c) as in newer exports, or (k, c).  size: fixed input side; 0: dynamic.
    names: of the dynamic input dimensions.
    """
    nodes: list[onnx.NodeProto] = []
    constants: list[onnx.TensorProto] = []

    def const(value: object, dtype: type = np.float32) -> str:
        constants.append(numpy_helper.from_array(np.asarray(value, dtype), f"c{len(constants)}"))
        return f"c{len(constants) - 1}"

    def add(operator: str, *inputs: str, output: str = "", **attributes: Any) -> str:
        output = output or f"t{len(nodes)}"
        nodes.append(helper.make_node(operator, list(inputs), [output], **attributes))
        return output

    redness = add("Conv", "images", const(np.reshape([0.5, 0, -0.5], (1, 3, 1, 1))))
    outputs: dict[str, list[str]] = {"score": [], "box": [], "kps": []}
    for stride in (8, 16, 32):
        pooled = add("AveragePool", redness, kernel_shape=[stride, stride], strides=[stride, stride])
        part = const(np.reshape([1.0, 0.5], (1, 2, 1, 1)) * (1.0 if stride == 32 else 0.1))
        anchors = add("Transpose", add("Mul", add("Relu", pooled), part), perm=[0, 2, 3, 1])
        lead = (1, -1) if batch_axis else (-1,)
        flat = add("Reshape", anchors, const((*lead, 1), np.int64))
        zero = add("Mul", flat, const(0.0))
        outputs["score"].append(add("Identity", flat, output=f"score{stride}"))
        outputs["box"].append(add("Add", zero, const([0, 0, 1, 1]), output=f"box{stride}"))
        if landmarks:
            outputs["kps"].append(add("Add", zero, const(SHARES.ravel()), output=f"kps{stride}"))
    model_input = helper.make_tensor_value_info("images", TensorProto.FLOAT, [1, 3, size or names[0], size or names[1]])
    model_outputs = [
        helper.make_tensor_value_info(
            name, TensorProto.FLOAT, [1, f"k_{name}", channels] if batch_axis else [f"k_{name}", channels]
        )
        for kind, channels in (("score", 1), ("box", 4), ("kps", 10))
        for name in reversed(outputs[kind])  # coarsest first, because the order must not matter
    ]
    graph = helper.make_graph(nodes, "red", [model_input], model_outputs, constants)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), path)
    return path
