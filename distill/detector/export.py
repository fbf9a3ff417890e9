"""Exports a trained detector as an ONNX file whose metadata says how pictures must be prepared.

The file that serves has int8 convolutions between stem and heads, which takes four fifths of the time on a CPU without
VNNI. Stem and heads stay in float: raw pixels overflow 8-bit products (distill/export/quantise.py), and the heads take
little time. The fp32 file beside it is what training goes on from.
"""

from pathlib import Path

import msgspec
import numpy as np
import onnx
import torch

from detectors.arrays import Float32
from detectors.tiny import METADATA, TinySpec
from distill.data.store import write_atomic
from distill.detector.network import GRIDS, STRIDES, FaceNet, MapOutputs
from distill.errors import DistillError
from distill.export.onnx_file import check_against_torch, export_onnx, set_metadata
from distill.export.quantise import keep_in_float, quantise_network

MAX_DIFFERENCE = 1e-3  # between torch and ONNX Runtime, in logits and strides
MAX_BYTES = 1_200_000
STEM = 2  # convolutions
SPEC = TinySpec(color="BGR", std=255.0, strides=STRIDES, grids=GRIDS)


def to_onnx(net: FaceNet) -> bytes:
    """The network as an ONNX file for pictures of any size.

    Raises DistillError if the file is too large, or if ONNX Runtime and torch disagree.
    """
    maps, names = MapOutputs(net), [f"map_{stride}" for stride in STRIDES]
    sides = {f"map_{stride}": {2: f"height_{stride}", 3: f"width_{stride}"} for stride in STRIDES}
    free_axes = {"pictures": {2: "height", 3: "width"}, **sides}
    data = export_onnx(maps, torch.zeros(1, 3, 64, 96), names=("pictures", names), free_axes=free_axes)
    data = set_metadata(data, METADATA, msgspec.json.encode(SPEC).decode())
    pictures = np.random.default_rng(0).random((1, 3, 96, 64), np.float32)
    check_against_torch(maps, data, pictures, tolerance=MAX_DIFFERENCE)
    if len(data) > MAX_BYTES:
        raise DistillError(f"export: expected at most {MAX_BYTES:,} bytes, got {len(data):,}")
    return data


def write_detector(net: FaceNet, path: Path) -> int:
    """Write the fp32 file atomically; returns its size in bytes."""
    data = to_onnx(net)
    write_atomic(path, data)
    return len(data)


def write_both(net: FaceNet, path: Path, pictures: Float32) -> int:
    """Write the int8 file to `path` and the fp32 file beside it; returns the size of the first in bytes.

    pictures: float32 (N,3,S,S) in 0..1, BGR, on which the ranges are measured.
    """
    write_detector(net, fp32_path(path))
    data = to_int8(to_onnx(net), pictures)
    write_atomic(path, data)
    return len(data)


def fp32_path(path: Path) -> Path:
    """The fp32 file that belongs to a quantised one."""
    return path.with_name(f"{path.stem}_fp32{path.suffix}")


def to_int8(model: bytes, pictures: Float32) -> bytes:
    """The same detector with int8 convolutions between stem and heads."""
    data = quantise_network(
        model, (picture[None] for picture in pictures), entry="pictures", find_float=_find_float_nodes
    )
    return set_metadata(data, METADATA, msgspec.json.encode(SPEC).decode())


def _find_float_nodes(model: Path) -> list[str]:
    """The names of the nodes that stay in float."""
    convolutions = [node for node in onnx.load(model).graph.node if node.op_type == "Conv"]
    followed = {node.input[0] for node in onnx.load(model).graph.node if node.op_type == "Relu"}
    heads = [node for node in convolutions if node.output[0] not in followed]  # and the lateral connection
    return keep_in_float(model, [*convolutions[:STEM], *heads])
