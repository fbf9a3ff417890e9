"""Static int8 quantisation (QDQ) with one weight scale for each output channel.

The first stage stays in float: on CPUs with AVX2 but without VNNI, ONNX Runtime sums 8-bit products in 16 bits, and raw
pixels overflow them. Quantised too, it lowers the cosine with fp32 features to 0.93. Weights of 7 bits also avoid the
overflow, but lose a little more accuracy. The sums of residual blocks, the bottleneck and the linear layers
(distill/export/correct.py) stay in float as well: they take little time, and S-32 and S-64 lose more than 0.2 points of
LFW if they are rounded too. A ReLU behind a quantised convolution disappears in it: all 256 levels are for what
passes the ReLU, and a pass over the grid is saved.
Ranges are the mean of the batches' extremes: a rare extreme crop is clipped, and all others get a finer resolution.
"""

import tempfile
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import onnx
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

from detectors.arrays import Float32

BATCH_SIZE = 64
OP_TYPES = ["Conv", "Relu"]


class _CalibrationBatches(CalibrationDataReader):  # type: ignore[misc]
    def __init__(self, entry: str, batches: Iterable[Float32]) -> None:
        self._entry, self._batches = entry, iter(batches)

    def get_next(self) -> dict[str, Any] | None:
        batch = next(self._batches, None)
        return None if batch is None else {self._entry: batch}


def quantise(model: bytes, chips: Float32, *, signed: bool = False, blocks: int = 0) -> bytes:
    """Quantise an fp32 student with input `chips`, its ranges measured on the inputs float32 (N,3,S,S).

    blocks: number of residual blocks in the first stage; they stay in float with its convolution.
    signed: int8 instead of uint8 activations, half as fast on CPUs without VNNI.
    """
    batches = (chips[start : start + BATCH_SIZE] for start in range(0, len(chips), BATCH_SIZE))
    find_float = partial(find_float_nodes, blocks=blocks)
    return quantise_network(model, batches, entry="chips", find_float=find_float, signed=signed)


def quantise_network(
    model: bytes,
    batches: Iterable[Float32],
    *,
    entry: str,
    find_float: Callable[[Path], list[str]],
    signed: bool = False,
) -> bytes:
    """Quantise the convolutions of an fp32 network and the ReLUs behind them, its ranges measured on batches of inputs.

    entry: name of its input.  find_float: gives the names of nodes of a file that stay in float.
    """
    with tempfile.TemporaryDirectory() as folder:
        full, ready, small = (Path(folder) / f"{stem}.onnx" for stem in ("full", "ready", "small"))
        full.write_bytes(model)
        quant_pre_process(full, ready, skip_symbolic_shape=True)
        quantize_static(
            ready,
            small,
            _CalibrationBatches(entry, batches),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            activation_type=QuantType.QInt8 if signed else QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            op_types_to_quantize=OP_TYPES,
            nodes_to_exclude=find_float(ready),
            calibrate_method=CalibrationMethod.MinMax,
            extra_options={"CalibMovingAverage": True, "CalibMovingAverageConstant": 0.1},
        )
        return small.read_bytes()


def find_float_nodes(model: Path, blocks: int) -> list[str]:
    """Return the names of the nodes that stay in float.

    These are the convolutions of the first stage, the bottleneck, and each ReLU that is not behind another convolution.
    """
    convolutions = [node for node in onnx.load(model).graph.node if node.op_type == "Conv"]
    return keep_in_float(model, [*convolutions[: 1 + 2 * blocks], convolutions[-1]])


def keep_in_float(model: Path, exact: Sequence[onnx.NodeProto]) -> list[str]:
    """The names of these convolutions, and of each ReLU that is not behind another convolution."""
    nodes, names = onnx.load(model).graph.node, [node.name for node in exact]
    rounded = {node.output[0] for node in nodes if node.op_type == "Conv" and node.name not in names}
    return [*names, *(node.name for node in nodes if node.op_type == "Relu" and node.input[0] not in rounded)]
