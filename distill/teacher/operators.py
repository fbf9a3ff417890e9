"""The ONNX operators that the teachers use, by torch. Each takes its node's attributes and its inputs.

Integer tensors are shapes and indices: they stay on the CPU, so that no step waits for a GPU. The meaning of each
operator is that of ONNX opset 17.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from onnx import numpy_helper
from torch import Tensor

Attributes = Mapping[str, Any]
Operator = Callable[..., Tensor | Sequence[Tensor]]

DTYPES = {1: torch.float32, 6: torch.int32, 7: torch.int64, 9: torch.bool, 10: torch.float16, 11: torch.float64}


def binary(function: Callable[[Tensor, Tensor], Tensor]) -> Operator:
    """An operator of two tensors, which takes both to the device and the precision of the larger one."""

    def run(_: Attributes, first: Tensor, second: Tensor) -> Tensor:
        larger, smaller = (first, second) if first.numel() >= second.numel() else (second, first)
        device = second.device if first.device.type == "cpu" else first.device
        dtype = larger.dtype if smaller.is_floating_point() else smaller.dtype
        if larger.is_floating_point() and smaller.is_floating_point():
            first, second = first.to(device, dtype), second.to(device, dtype)
        return function(first.to(device), second.to(device))

    return run


def unary(function: Callable[[Tensor], Tensor]) -> Operator:
    """An operator of one tensor."""
    return lambda _, x: function(x)


def to_ints(value: Tensor) -> list[int]:
    """The entries of a shape or a list of axes."""
    return [int(entry) for entry in value.tolist()]


def axes_of(attributes: Attributes, given: Tensor | None, dimensions: int) -> list[int]:
    """The axes that an input, or in older files an attribute, names; not negative and in order."""
    named = attributes["axes"] if given is None else to_ints(given)
    return sorted(axis % dimensions for axis in named)


def divide(first: Tensor, second: Tensor) -> Tensor:
    whole = not (first.is_floating_point() or second.is_floating_point())
    return torch.div(first, second, rounding_mode="floor" if whole else None)


def convolve(attributes: Attributes, x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    top, left, bottom, right = attributes.get("pads", (0, 0, 0, 0))
    if (top, left) != (bottom, right):
        x, top, left = F.pad(x, (left, right, top, bottom)), 0, 0
    strides, dilations = tuple(attributes.get("strides", (1, 1))), tuple(attributes.get("dilations", (1, 1)))
    return F.conv2d(x, weight, bias, strides, (top, left), dilations, attributes.get("group", 1))


def average_pool(attributes: Attributes, x: Tensor) -> Tensor:
    if any(attributes.get("pads", ())) or attributes.get("ceil_mode", 0):
        raise ValueError("AveragePool: expected no pads and no ceil_mode")
    pooled: Tensor = F.avg_pool2d(x, attributes["kernel_shape"], attributes.get("strides", (1, 1)))
    return pooled


def multiply_add(attributes: Attributes, a: Tensor, b: Tensor, c: Tensor | None = None) -> Tensor:
    left, right = (a.T if attributes.get("transA") else a), (b.T if attributes.get("transB") else b)
    product: Tensor = attributes.get("alpha", 1.0) * (left @ right)
    return product if c is None else product + float(attributes.get("beta", 1.0)) * c


def normalise_layer(attributes: Attributes, x: Tensor, scale: Tensor, bias: Tensor | None = None) -> Tensor:
    shift = None if bias is None else bias.float()
    return F.layer_norm(x.float(), scale.shape, scale.float(), shift, attributes.get("epsilon", 1e-5)).to(x.dtype)


def clip(_: Attributes, x: Tensor, low: Tensor | None = None, high: Tensor | None = None) -> Tensor:
    return torch.clamp(x, low, high)  # limits stay tensors: reading one would wait for the device


def slice_axes(
    _: Attributes, x: Tensor, starts: Tensor, ends: Tensor, axes: Tensor | None = None, steps: Tensor | None = None
) -> Tensor:
    named = range(len(starts)) if axes is None else to_ints(axes)
    by = [1] * len(starts) if steps is None else to_ints(steps)
    parts = [slice(None)] * x.ndim
    for axis, start, end, step in zip(named, to_ints(starts), to_ints(ends), by, strict=True):
        parts[axis] = slice(start, end, step)
    return x[tuple(parts)]


def gather(attributes: Attributes, x: Tensor, index: Tensor) -> Tensor:
    axis = attributes.get("axis", 0)
    if index.ndim == 0:
        return x.select(axis, int(index))
    taken = x.index_select(axis, index.flatten().to(x.device))
    return taken.reshape(*x.shape[:axis], *index.shape, *x.shape[axis + 1 :])


def concatenate(attributes: Attributes, *parts: Tensor) -> Tensor:
    device = next((part.device for part in parts if part.device.type != "cpu"), parts[0].device)
    return torch.cat([part.to(device) for part in parts], attributes["axis"])


def split(attributes: Attributes, x: Tensor, sizes: Tensor | None = None) -> Sequence[Tensor]:
    if sizes is None:
        raise ValueError("Split: expected the sizes of its parts")
    parts: Sequence[Tensor] = torch.split(x, to_ints(sizes), attributes.get("axis", 0))
    return parts


def squeeze(attributes: Attributes, x: Tensor, axes: Tensor | None = None) -> Tensor:
    return x.squeeze(tuple(axes_of(attributes, axes, x.ndim)))


def unsqueeze(attributes: Attributes, x: Tensor, axes: Tensor | None = None) -> Tensor:
    added = len(attributes["axes"]) if axes is None else len(axes)
    for axis in axes_of(attributes, axes, x.ndim + added):
        x = x.unsqueeze(axis)
    return x


def reshape(_: Attributes, x: Tensor, shape: Tensor) -> Tensor:
    return x.reshape([x.shape[place] if side == 0 else side for place, side in enumerate(to_ints(shape))])


def expand(_: Attributes, x: Tensor, shape: Tensor) -> Tensor:
    """Repeat along axes of length 1; unlike torch's, a 1 in the shape keeps a longer axis."""
    wanted = to_ints(shape)
    sides = [1] * (len(wanted) - x.ndim) + list(x.shape)
    wanted = [1] * (len(sides) - len(wanted)) + wanted
    return x.expand([max(side, other) for side, other in zip(sides, wanted, strict=True)])


def shape_of(attributes: Attributes, x: Tensor) -> Tensor:
    return torch.tensor(x.shape[attributes.get("start", 0) : attributes.get("end")], dtype=torch.int64)


def filled(attributes: Attributes, shape: Tensor) -> Tensor:
    value = torch.from_numpy(np.array(numpy_helper.to_array(attributes["value"]))) if "value" in attributes else None
    return torch.zeros(to_ints(shape)) if value is None else value.expand(to_ints(shape)).clone()


def cast(attributes: Attributes, x: Tensor) -> Tensor:
    """Booleans and integers become what the file says; a float stays as precise as the network is."""
    wanted = DTYPES[attributes["to"]]
    return x if wanted.is_floating_point and x.is_floating_point() else x.to(wanted)


def length(attributes: Attributes, x: Tensor, axes: Tensor | None = None) -> Tensor:
    kept = bool(attributes.get("keepdims", 1))
    norms: Tensor = torch.linalg.vector_norm(x.float(), dim=axes_of(attributes, axes, x.ndim), keepdim=kept)
    return norms


OPERATORS: Mapping[str, Operator] = {
    "Add": binary(torch.add),
    "AveragePool": average_pool,
    "Cast": cast,
    "Clip": clip,
    "Concat": concatenate,
    "ConstantOfShape": filled,
    "Conv": convolve,
    "Cos": unary(torch.cos),
    "CumSum": lambda _, x, axis: torch.cumsum(x, int(axis)),
    "Div": binary(divide),
    "Erf": unary(torch.erf),
    "Expand": expand,
    "Flatten": lambda attributes, x: x.flatten(attributes.get("axis", 1)),
    "Gather": gather,
    "Gemm": multiply_add,
    "Identity": unary(lambda x: x),
    "GlobalAveragePool": lambda _, x: x.mean((2, 3), keepdim=True),
    "LayerNormalization": normalise_layer,
    "MatMul": binary(torch.matmul),
    "Mul": binary(torch.mul),
    "Not": unary(torch.logical_not),
    "ReduceL2": length,
    "Relu": unary(torch.relu),
    "Reshape": reshape,
    "Shape": shape_of,
    "Sigmoid": unary(torch.sigmoid),
    "Sin": unary(torch.sin),
    "Slice": slice_axes,
    "Softmax": lambda attributes, x: torch.softmax(x.float(), attributes.get("axis", -1)).to(x.dtype),
    "Split": split,
    "Squeeze": squeeze,
    "Sub": binary(torch.sub),
    "Transpose": lambda attributes, x: x.permute(attributes["perm"]),
    "Unsqueeze": unsqueeze,
}
HALF_SAFE = frozenset({"Add", "AveragePool", "Conv", "Flatten", "Gemm", "GlobalAveragePool", "Mul", "Relu", "Sigmoid"})
