"""How many faces a second an exported student reads on a GPU in half precision, beside the paper's figure.

    python -m benchmarks.device_speed recognizer/weights/glimpse_*_fp32.onnx --device cuda

A batch of chips lies on the device as bytes. It is scaled, read, and normalised to unit rows there; on a GPU all of it
is replayed as one CUDA graph. Ge et al. name 14,705 faces a second for their student of 0.21 M parameters.
"""

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor

from benchmarks.section import print_markdown
from configs.markdown import table
from distill.teacher.network import OnnxNetwork
from distill.training.cuda_graph import WARMUP_STEPS, GraphedStep
from distill.training.dataset import normalise_pixels
from recognizer.onnx import read_chip_spec

REPEATS = 5  # of which the fastest counts
SECONDS = 0.5  # of one repeat


def main() -> None:
    """Print the table."""
    options = _parser().parse_args()
    device = torch.device(options.device)
    rows = [
        [path.stem, f"{measure(path, device, batch):,.0f}", str(batch)]
        for path in options.models
        for batch in options.batch
    ]
    name = torch.cuda.get_device_name() if device.type == "cuda" else "CPU"
    print_markdown(f"On {name}.\n\n" + table(["model", "faces a second", "batch"], rows, align_right=True))


@torch.no_grad()
def measure(path: Path, device: torch.device, batch: int) -> float:
    """Faces a second of one fp32 ONNX file: in float16 on a GPU, in float32 on a CPU.

    Raises RuntimeError for a network that a CUDA graph cannot record.
    """
    precision = torch.float16 if device.type == "cuda" else torch.float32
    network, side = OnnxNetwork(path, device, precision), read_chip_spec(path).size
    chips = torch.randint(0, 256, (batch, 3, side, side), dtype=torch.uint8, device=device)

    def read() -> dict[str, Tensor]:
        inputs = normalise_pixels(chips).to(precision).contiguous(memory_format=torch.channels_last)
        return {"features": network(inputs)}

    run = GraphedStep(read) if device.type == "cuda" else read
    for _ in range(WARMUP_STEPS + 1):  # the last one records
        run()
    if isinstance(run, GraphedStep) and run.failure:
        raise RuntimeError(f"{path.name}: expected a pass that a CUDA graph can record: {run.failure}")
    return batch / min(_seconds_of_one(run, device) for _ in range(REPEATS))


def _seconds_of_one(run: Callable[[], object], device: torch.device) -> float:
    done, began = 0, time.perf_counter()
    while time.perf_counter() - began < SECONDS:
        for _ in range(8):
            run()
        if device.type == "cuda":
            torch.cuda.synchronize()
        done += 8
    return (time.perf_counter() - began) / done


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", nargs="+", type=Path, help="fp32 ONNX files of students")
    parser.add_argument("--device", default="cuda", help="cuda or cpu")
    parser.add_argument("--batch", nargs="+", type=int, default=[1024], help="faces in one pass")
    return parser


if __name__ == "__main__":
    main()
