"""Loads the weights of an exported fp32 file, so that a training can start from it without a checkpoint.

The export folds every batch normalisation into its convolution. Here each one gets the mean and variance of its inputs
on real inputs, and the scale and offset that undo them: the network gives the output of the file and can be trained.
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


@torch.no_grad()
def load_onnx_weights(network: nn.Module, path: Path, inputs: Tensor) -> None:
    """Load the weights of an exported network with the same layers; the network then gives the output of the file.

    Convolutions may have more channels than the file's: the file's come first, and what reads the others begins with
    zeros, so the output is still the file's (Chen et al., "Net2Net", ICLR 2016, with new channels instead of copies).
    inputs: typical inputs of the network, float32 (N,3,H,W). Its layers must be registered in the order in which they
    run. Raises DistillError if the layers differ.
    """
    modules = list(network.modules())
    targets = [module for module in modules if isinstance(module, nn.Conv2d | nn.Linear)]
    norms = {layer: norm for layer, norm in pairwise(modules) if isinstance(norm, nn.BatchNorm2d)}
    layers = list(_read_layers(path))
    if len(layers) != len(targets):
        linear = sum(isinstance(target, nn.Linear) for target in targets)
        raise DistillError(
            f"{path.name}: expected {len(targets) - linear} convolutions and {linear} linear layers,"
            f" got {len(layers)} layers"
        )
    for target, (weight, bias) in zip(targets, layers, strict=True):
        if not _fits(target, weight):
            raise DistillError(f"{path.name}: expected weights {tuple(target.weight.shape)}, got {tuple(weight.shape)}")
        _copy_weights(target, weight, bias)
    network.eval()
    for target, (_, bias) in zip(targets, layers, strict=True):
        if target in norms:
            _unfold_normalisation(network, norms[target], bias, inputs)


def _fits(target: nn.Conv2d | nn.Linear, weight: Tensor) -> bool:
    """Whether a layer has the weight's shape, or is a convolution of the same kernel with more channels."""
    if isinstance(target, nn.Linear) or target.weight.shape[2:] != weight.shape[2:]:
        return target.weight.shape == weight.shape
    return all(ours >= theirs for ours, theirs in zip(target.weight.shape, weight.shape, strict=True))


def _copy_weights(target: nn.Conv2d | nn.Linear, weight: Tensor, bias: Tensor) -> None:
    """Copy into the first channels. Further inputs get zeros; further outputs keep what they begin with."""
    outputs, inputs = weight.shape[:2]
    target.weight[:, inputs:] = 0
    target.weight[:outputs, :inputs].copy_(weight)
    if target.bias is not None:
        target.bias[:outputs].copy_(bias)


def _unfold_normalisation(network: nn.Module, norm: nn.BatchNorm2d, bias: Tensor, inputs: Tensor) -> None:
    """Make one normalisation add the folded bias and change nothing else for what reaches it from these inputs."""
    inputs_seen: list[Tensor] = []
    hook = norm.register_forward_pre_hook(lambda _, inputs: inputs_seen.append(inputs[0]))
    network(inputs)
    hook.remove()
    mean, variance = inputs_seen[0].mean(dim=(0, 2, 3)), inputs_seen[0].var(dim=(0, 2, 3))
    assert norm.running_mean is not None
    assert norm.running_var is not None
    norm.running_mean.copy_(mean)
    norm.running_var.copy_(variance)
    norm.weight.copy_((variance + norm.eps).sqrt())
    norm.bias.copy_(mean)
    norm.bias[: len(bias)] += bias.to(mean.device)


def _read_layers(path: Path) -> Iterator[tuple[Tensor, Tensor]]:
    """Weight and bias of every convolution and linear layer of a file, in the order of execution."""
    graph = onnx.load(path).graph
    values = {value.name: torch.from_numpy(np.array(numpy_helper.to_array(value))) for value in graph.initializer}
    for node in graph.node:
        if node.op_type == "Identity" and node.input[0] in values:  # of equal weights, the export keeps one copy
            values[node.output[0]] = values[node.input[0]]
        if node.op_type in {"Conv", "Gemm", "MatMul"}:
            if any(name not in values for name in node.input[1:]):
                raise DistillError(f"{path.name}: expected float weights, got a quantised file; take the one in fp32")
            weight = values[node.input[1]]
            yield (weight.T, torch.zeros(0)) if node.op_type == "MatMul" else (weight, values[node.input[2]])
