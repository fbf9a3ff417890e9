"""Int8 by calibration: QDQ with one scale for each output channel of a weight.

The surprising decision: the first stage stays in float. On AVX2 without VNNI, ONNX Runtime adds 8-bit products in 16
bits that overflow, signed or not; on raw pixels they do, and features fell to a cosine of 0.93 with their own fp32.
7-bit weights everywhere would do too, and lose a little more. What follows the last layer stays in float as well.
Ranges are the mean of each batch's extremes: one odd crop in a thousand is clipped, and all others are told finer.
"""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import onnx
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

from detectors.arrays import Float32

BATCH = 64
OP_TYPES = ["Conv", "Gemm", "Add"]


class _Chips(CalibrationDataReader):  # type: ignore[misc]
    def __init__(self, chips: Float32) -> None:
        self._batches: Iterator[Float32] = (chips[start : start + BATCH] for start in range(0, len(chips), BATCH))

    def get_next(self) -> dict[str, Any] | None:
        batch = next(self._batches, None)
        return None if batch is None else {"chips": batch}


def quantise(model: bytes, chips: Float32, *, signed: bool = False, blocks: int = 0) -> bytes:
    """An fp32 model with input `chips` as int8, its ranges measured on these inputs (N,3,S,S) float32.

    blocks: residual blocks of the first stage, which stay in float with its convolution.
    signed: activations as int8 instead of uint8, which runs half as fast on CPUs without VNNI.
    """
    with tempfile.TemporaryDirectory() as folder:
        full, ready, small = (Path(folder) / f"{stem}.onnx" for stem in ("full", "ready", "small"))
        full.write_bytes(model)
        quant_pre_process(full, ready, skip_symbolic_shape=True)
        quantize_static(
            ready,
            small,
            _Chips(chips),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            activation_type=QuantType.QInt8 if signed else QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            op_types_to_quantize=OP_TYPES,
            nodes_to_exclude=find_float_nodes(ready, blocks),
            calibrate_method=CalibrationMethod.MinMax,
            extra_options={"CalibMovingAverage": True, "CalibMovingAverageConstant": 0.1},
        )
        return small.read_bytes()


def find_float_nodes(model: Path, blocks: int) -> list[str]:
    """Names of the nodes of the first stage, and of sums that come after the last layer."""
    nodes = list(onnx.load(model).graph.node)
    convolutions = [node.name for node in nodes if node.op_type == "Conv"]
    sums = [node.name for node in nodes if node.op_type == "Add"]
    last = max((place for place, node in enumerate(nodes) if node.op_type == "Gemm"), default=len(nodes))
    after = [node.name for node in nodes[last:] if node.op_type == "Add"]
    return [*convolutions[: 1 + 2 * blocks], *sums[:blocks], *after]
