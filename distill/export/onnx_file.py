"""Writes networks as ONNX files (students, landmark regressor, detector) and checks them against torch."""

import io
from collections.abc import Mapping, Sequence

import numpy as np
import onnx
import torch
from torch import nn

from detectors.arrays import Float32
from detectors.runtime import Runtime, open_session
from distill.errors import DistillError

OPSET = 17


def export_onnx(
    network: nn.Module,
    example: torch.Tensor,
    *,
    names: tuple[str, Sequence[str]],
    free_axes: Mapping[str, Mapping[int, str]],
) -> bytes:
    """Export a network in evaluation mode as one fp32 file.

    example: an input with the shape to trace. names: of the input, and of the outputs in order. free_axes: axes of
    variable length by the name of an input or output.
    """
    buffer = io.BytesIO()
    torch.onnx.export(
        network.eval(),
        (example,),
        buffer,  # type: ignore[arg-type]
        dynamo=False,  # the newer exporter needs onnxscript, and its graphs lose more accuracy in int8
        opset_version=OPSET,
        input_names=[names[0]],
        output_names=list(names[1]),
        dynamic_axes={name: dict(axes) for name, axes in free_axes.items()},
    )
    return buffer.getvalue()


def set_metadata(model: bytes, key: str, value: str) -> bytes:
    """Replace the metadata of a model by this one entry, and check the model."""
    proto = onnx.load_from_string(model)
    del proto.metadata_props[:]
    entry = proto.metadata_props.add()
    entry.key, entry.value = key, value
    onnx.checker.check_model(proto)
    data: bytes = proto.SerializeToString()
    return data


@torch.no_grad()
def check_against_torch(network: nn.Module, model: bytes, inputs: Float32, *, tolerance: float) -> float:
    """Return the largest difference between the outputs of torch and ONNX Runtime for the same inputs.

    Raises DistillError above `tolerance`.
    """
    expected = network.eval()(torch.from_numpy(inputs))
    tensors = expected if isinstance(expected, tuple) else (expected,)
    session = open_session(model, Runtime())
    found = session.run(None, {session.get_inputs()[0].name: inputs})
    pairs = zip(found, tensors, strict=True)
    return max(check_difference(output, tensor.numpy(), tolerance=tolerance) for output, tensor in pairs)


def check_difference(onnx_output: Float32, torch_output: Float32, *, tolerance: float) -> float:
    """Return the largest absolute difference of two arrays. Raises DistillError above `tolerance`, or for NaN."""
    difference = float(np.abs(onnx_output - torch_output).max())
    if not difference <= tolerance:
        raise DistillError(
            f"export: torch and ONNX Runtime must agree within {tolerance}, but differ by {difference:.2g}"
        )
    return difference
