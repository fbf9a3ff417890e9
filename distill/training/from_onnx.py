"""Loads the weights of an exported fp32 file, so that a training can start from it without a checkpoint.

The export folds every batch normalisation into its convolution. Here each one gets the mean and variance of its inputs
on real chips, and the scale and offset that undo them: the student gives the output of the file and can be trained.
"""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import Tensor, nn

from distill.errors import DistillError
from distill.training.student import Student


@torch.no_grad()
def load_onnx_weights(student: Student, path: Path, chips: Tensor) -> None:
    """Load the weights of an exported student with the same layers; the student then gives the output of the file.

    chips: float32 (N,3,S,S) in -1..1, typical inputs. Raises DistillError if the layers differ.
    """
    layers = list(_read_layers(path))
    pairs = [
        (convolution, norm) for convolution, norm in pairwise(student.modules()) if isinstance(norm, nn.BatchNorm2d)
    ]
    last = [student.get_parameter("reduce.weight"), student.out.weight] if student.shape.rank else [student.out.weight]
    if len(layers) != len(pairs) + len(last):
        raise DistillError(
            f"{path.name}: expected {len(pairs)} convolutions and {len(last)} linear layers, got {len(layers)} layers"
        )
    targets = [*(convolution.get_parameter("weight") for convolution, _ in pairs), *last]
    for target, (weight, _) in zip(targets, layers, strict=True):
        if target.shape != weight.shape:
            raise DistillError(f"{path.name}: expected weights {tuple(target.shape)}, got {tuple(weight.shape)}")
        target.copy_(weight)
    student.out.bias.copy_(layers[-1][1])
    student.eval()
    for (_, norm), (_, bias) in zip(pairs, layers[: len(pairs)], strict=True):
        _unfold_normalisation(student, norm, bias, chips)


def _unfold_normalisation(student: Student, norm: nn.BatchNorm2d, bias: Tensor, chips: Tensor) -> None:
    """Make one normalisation add the folded bias and change nothing else for its inputs on these chips."""
    inputs_seen: list[Tensor] = []
    hook = norm.register_forward_pre_hook(lambda _, inputs: inputs_seen.append(inputs[0]))
    student(chips)
    hook.remove()
    mean, variance = inputs_seen[0].mean(dim=(0, 2, 3)), inputs_seen[0].var(dim=(0, 2, 3))
    assert norm.running_mean is not None
    assert norm.running_var is not None
    norm.running_mean.copy_(mean)
    norm.running_var.copy_(variance)
    norm.weight.copy_((variance + norm.eps).sqrt())
    norm.bias.copy_(bias.to(mean.device) + mean)


def _read_layers(path: Path) -> Iterator[tuple[Tensor, Tensor]]:
    """Weight and bias of every convolution and linear layer of a file, in the order of execution."""
    graph = onnx.load(path).graph
    values = {value.name: torch.from_numpy(np.array(numpy_helper.to_array(value))) for value in graph.initializer}
    for node in graph.node:
        if node.op_type in {"Conv", "Gemm", "MatMul"}:
            if any(name not in values for name in node.input[1:]):
                raise DistillError(f"{path.name}: expected float weights, got a quantised file; take the one in fp32")
            weight = values[node.input[1]]
            yield (weight.T, torch.zeros(0)) if node.op_type == "MatMul" else (weight, values[node.input[2]])
