"""Faces per second of recognisers, interleaved in one run, as ratios to a reference.

Machines differ threefold, and so do their int8 units: compare ratios from one run. Models take turns batch by batch, so
that other load and a falling clock affect all alike; the median of the rounds counts.

    python -m benchmarks.recognizer recognizer/weights/*.onnx --reference EDGEFACE.onnx [--device cuda]
"""

import argparse
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from detectors.runtime import Runtime, open_session

# isort: split
import numpy as np
from rich.console import Console
from rich.progress import track

from benchmarks.section import print_markdown, provenance
from configs.markdown import table

BATCHES = (1, 8, 32, 64)
GPU_BATCHES = (1024, 4096)
MIN_TURN_SECONDS = 0.05  # so that the clock's resolution does not show
HEADS = ["model", "batch", "threads", "faces/s", "times the reference"]


@dataclass
class Contestant:
    """A model opened for one batch size and number of threads, and how long each turn took per face."""

    name: str
    batch: int
    threads: int
    run: Callable[[], object]
    seconds: list[float] = field(default_factory=list)
    repeats: int = 1

    def turn(self) -> None:
        """Run often enough to be timed, and record the seconds per face."""
        began = time.perf_counter()
        for _ in range(self.repeats):
            self.run()
        self.seconds.append((time.perf_counter() - began) / self.repeats / self.batch)

    @property
    def rate(self) -> float:
        """Faces per second, the median of all turns."""
        return 1 / statistics.median(self.seconds)


def main() -> None:
    """Print the table."""
    arguments = _parser().parse_args()
    console = Console(stderr=True)
    models = [*arguments.models, *([arguments.reference] if arguments.reference else [])]
    batches = arguments.batches or (GPU_BATCHES if arguments.device == "cuda" else BATCHES)
    rows: list[list[str]] = []
    for threads in arguments.threads:
        for batch in batches:
            runtime = Runtime(device=arguments.device, threads=threads)
            contestants = [open_contestant(Path(model), batch, runtime) for model in dict.fromkeys(models)]
            for contestant in contestants:
                warm_up(contestant)
            for _ in track(range(arguments.rounds), f"batch {batch}, threads {threads}", console=console):
                for contestant in contestants:
                    contestant.turn()
            rows += list_rates(contestants, Path(arguments.reference).stem if arguments.reference else "")
    print_markdown(f"{provenance('benchmarks.recognizer')}\n\n{table(HEADS, rows, align_right=True)}")


def open_contestant(model: Path, batch: int, runtime: Runtime) -> Contestant:
    """Open a model with its batch size fixed, fed with noise. Raises ValueError where its own batch size differs."""
    entry = open_session(model, runtime).get_inputs()[0]
    free = entry.shape[0]
    if isinstance(free, int) and free not in (0, batch):
        raise ValueError(f"{model.name}: expected a free batch size, got {free}")
    shapes = {free: batch} if isinstance(free, str) else {}
    session = open_session(model, runtime, shapes=shapes)
    shape = [batch, *(int(side) for side in entry.shape[1:])]
    noise = np.random.default_rng(0).standard_normal(shape, np.float32)
    feed = {entry.name: noise.astype(np.float16) if entry.type == "tensor(float16)" else noise}
    return Contestant(model.stem, batch, runtime.threads, lambda: session.run(None, feed))


def warm_up(contestant: Contestant) -> None:
    """Run once for the memory plan, then find how many repeats make a turn."""
    contestant.run()
    began = time.perf_counter()
    contestant.run()
    contestant.repeats = max(1, round(MIN_TURN_SECONDS / max(time.perf_counter() - began, 1e-6)))


def list_rates(contestants: list[Contestant], reference: str) -> list[list[str]]:
    """A row for each, with its ratio to the reference where there is one."""
    rates = {contestant.name: contestant.rate for contestant in contestants}
    base = rates.get(reference)
    return [
        [one.name, str(one.batch), str(one.threads), f"{one.rate:,.0f}", f"{one.rate / base:.1f}" if base else ""]
        for one in contestants
    ]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Faces per second of recognisers, interleaved in one run.")
    parser.add_argument("models", nargs="+", help="ONNX files")
    parser.add_argument("--reference", default="", help="the ONNX file that ratios are to")
    parser.add_argument("--batches", type=int, nargs="+", help=f"default {BATCHES}, on a GPU {GPU_BATCHES}")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    return parser


if __name__ == "__main__":
    main()
