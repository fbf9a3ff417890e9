"""Exports a trained detector as an ONNX file whose metadata says how pictures must be prepared.

Only fp32 is written. On a CPU without VNNI int8 took four fifths of the time; the required speed is reached without it,
and half a megabyte is not worth a second set of figures.
"""

from pathlib import Path

import msgspec
import numpy as np
import torch

from detectors.tiny import METADATA, TinySpec
from distill.data.store import write_atomic
from distill.detector.network import GRIDS, STRIDES, FaceNet, MapOutputs
from distill.errors import DistillError
from distill.export.onnx_file import check_against_torch, export_onnx, set_metadata

MAX_DIFFERENCE = 1e-3  # between torch and ONNX Runtime, in logits and strides
MAX_BYTES = 600_000
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
    """Write the file atomically; returns its size in bytes."""
    data = to_onnx(net)
    write_atomic(path, data)
    return len(data)
