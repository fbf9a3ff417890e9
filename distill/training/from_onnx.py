"""Takes weights back out of an exported fp32 file, so that training can go on where no checkpoint is left.

The surprising decision: the export has folded every batch normalisation into its convolution, and is not trainable as
it stands. Each is made anew from what it sees on real chips: it then does nothing at first, and can learn again.
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
    """Give a student the weights of an exported one with the same layers; it then answers as that one does.

    chips: float32 (N,3,S,S), normalised, as the student will meet them. Raises DistillError for other layers.
    """
    folded = list(_folded(path))
    pairs = [(one, norm) for one, norm in pairwise(student.modules()) if isinstance(norm, nn.BatchNorm2d)]
    if len(folded) != len(pairs) + 1:
        raise DistillError(
            f"{path.name}: expected {len(pairs)} convolutions and a last layer, got {len(folded)} layers"
        )
    targets = [*(convolution.get_parameter("weight") for convolution, _ in pairs), student.out.weight]
    for target, (weight, _) in zip(targets, folded, strict=True):
        if target.shape != weight.shape:
            raise DistillError(f"{path.name}: expected weights {tuple(target.shape)}, got {tuple(weight.shape)}")
        target.copy_(weight)
    student.out.bias.copy_(folded[-1][1])
    student.eval()
    for (_, norm), (_, bias) in zip(pairs, folded[:-1], strict=True):
        _undo(student, norm, bias, chips)


def _undo(student: Student, norm: nn.BatchNorm2d, bias: Tensor, chips: Tensor) -> None:
    """Make one normalisation add its bias and do no more, about the mean and spread of what reaches it."""
    seen: list[Tensor] = []
    hook = norm.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    student(chips)
    hook.remove()
    mean, spread = seen[0].mean(dim=(0, 2, 3)), seen[0].var(dim=(0, 2, 3))
    assert norm.running_mean is not None
    assert norm.running_var is not None
    norm.running_mean.copy_(mean)
    norm.running_var.copy_(spread)
    norm.weight.copy_((spread + norm.eps).sqrt())
    norm.bias.copy_(bias + mean)


def _folded(path: Path) -> Iterator[tuple[Tensor, Tensor]]:
    """Weight and bias of every convolution and linear layer of a file, in the order they run."""
    graph = onnx.load(path).graph
    values = {one.name: torch.from_numpy(np.array(numpy_helper.to_array(one))) for one in graph.initializer}
    for node in graph.node:
        if node.op_type in {"Conv", "Gemm"}:
            if any(name not in values for name in node.input[1:]):
                raise DistillError(f"{path.name}: expected float weights, got a quantised file; take the one in fp32")
            yield values[node.input[1]], values[node.input[2]]
