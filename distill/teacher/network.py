"""Runs a frozen ONNX recogniser by torch operators, so that it labels faces where they are: on a GPU, or on a CPU."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import Tensor, nn

from distill.errors import DistillError
from distill.teacher.operators import HALF_SAFE, OPERATORS


@dataclass(frozen=True, slots=True)
class Node:
    """One operation of the graph. An input named "" is left out. last_used: values that no later node reads."""

    operator: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: dict[str, Any]
    last_used: tuple[str, ...]


class OnnxNetwork(nn.Module):
    """An ONNX graph of one input and one output as a torch module. Its weights are not trained."""

    def __init__(self, path: Path, device: torch.device, dtype: torch.dtype | None = None) -> None:
        """dtype: of the computation; None: float16 on a GPU if all operators allow it, otherwise float32.

        Raises DistillError for a damaged file, or an operator that is not in `OPERATORS`.
        """
        super().__init__()
        graph = _read_graph(path)
        used = {node.op_type for node in graph.node} - {"Constant"}
        if unknown := sorted(used - OPERATORS.keys()):
            raise DistillError(
                f"{path.name}: {', '.join(unknown)}: no such operator in distill/teacher/operators.py; "
                "set teacher_engine=onnxruntime"
            )
        half = device.type == "cuda" and used <= HALF_SAFE
        self.dtype = dtype or (torch.float16 if half else torch.float32)
        self._device = device
        self._constants = {one.name: self._place(numpy_helper.to_array(one)) for one in graph.initializer}
        self._nodes = self._read_nodes(graph)
        initial = {one.name for one in graph.initializer}
        self._input = next(one.name for one in graph.input if one.name not in initial)
        self._output = graph.output[0].name

    @torch.no_grad()
    def forward(self, chips: Tensor) -> Tensor:
        """Map chips (N,3,S,S), scaled as the network expects, to features float32 (N,D)."""
        values = {self._input: chips.to(self._device, self.dtype)}
        for node in self._nodes:
            inputs = [values.get(name, self._constants.get(name)) for name in node.inputs]
            result = OPERATORS[node.operator](node.attributes, *inputs)
            values.update(zip(node.outputs, (result,) if isinstance(result, Tensor) else result, strict=True))
            for name in node.last_used:
                values.pop(name, None)
        return values[self._output].float().flatten(1)

    def _read_nodes(self, graph: onnx.GraphProto) -> list[Node]:
        last = {name: place for place, node in enumerate(graph.node) for name in node.input}
        nodes = []
        for place, node in enumerate(graph.node):
            attributes = {one.name: onnx.helper.get_attribute_value(one) for one in node.attribute}
            if node.op_type == "Constant":
                self._constants[node.output[0]] = self._place(numpy_helper.to_array(attributes["value"]))
                continue
            freed = tuple(name for name in set(node.input) if last[name] == place)
            nodes.append(Node(node.op_type, tuple(node.input), tuple(node.output), attributes, freed))
        return nodes

    def _place(self, value: np.ndarray[Any, Any]) -> Tensor:
        tensor = torch.from_numpy(np.array(value))
        return tensor.to(self._device, self.dtype) if tensor.is_floating_point() else tensor


def _read_graph(path: Path) -> onnx.GraphProto:
    try:
        return onnx.load(path).graph
    except Exception as error:  # protobuf's own class
        raise DistillError(f"{path.name}: expected an ONNX file") from error
