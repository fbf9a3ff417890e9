"""What a view costs on a CPU: made one by one with OpenCV, and a batch at once with torch as on a GPU.

    python -m benchmarks.views configs/distill.yaml

Processor time of one thread, median of `--rounds` turns in which both make the same number of views. The faces are
noise: what a view costs does not depend on what it shows.
"""

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np
import torch
from rich.console import Console

from benchmarks.section import provenance
from configs.markdown import table
from distill.config import Settings, StudentSettings, read_settings
from distill.data.degrade import degrade
from distill.data.views import ViewMaker
from distill.training.dataset import to_tensor

BATCH = 256
CPU = torch.device("cpu")


def main() -> None:
    """Print the table."""
    options = _parser().parse_args()
    torch.set_num_threads(1)
    settings = read_settings(options.config, Settings)
    side = settings.label.stored_px
    rows = [
        measure_row(name, student, side, options.rounds)
        for name, student in settings.students.items()
        if not options.student or name in options.student
    ]
    heads = ["student", "size", "OpenCV, µs a view", "torch, µs a view", "torch : OpenCV"]
    Console(soft_wrap=True, highlight=False, markup=False).print(
        f"{provenance('benchmarks.views')}\n\nFaces of {side} px, batches of {BATCH}.\n\n{table(heads, rows)}"
    )


def measure_row(name: str, student: StudentSettings, side: int, rounds: int) -> list[str]:
    """One row of the table. side: pixels of the sharp faces."""
    rng = np.random.default_rng(0)
    faces = rng.integers(0, 255, (BATCH, side, side, 3)).astype(np.uint8)
    on_device = to_tensor(faces)
    views = ViewMaker(student.size, side, student.degrade, seed=0, device=CPU)
    turns = [
        (
            microseconds_a_view(lambda: degrade(faces, student.size, student.degrade, rng)),
            microseconds_a_view(lambda: views(on_device)),
        )
        for _ in range(rounds + 1)
    ][1:]  # the first turn fills caches
    opencv, torch_time = (median(times) for times in zip(*turns, strict=True))
    return [name, str(student.size), f"{opencv:.0f}", f"{torch_time:.0f}", f"{torch_time / opencv:.2f}"]


def microseconds_a_view(make: Callable[[], object]) -> float:
    """Processor time of one call, divided by the views of a batch."""
    began = time.thread_time()
    make()
    return (time.thread_time() - began) / BATCH * 1e6


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("config", type=Path)
    parser.add_argument("--student", action="append", help="only this student; may be repeated")
    parser.add_argument("--rounds", type=int, default=5)
    return parser


if __name__ == "__main__":
    main()
