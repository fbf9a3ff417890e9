"""Faces per second of recognisers, interleaved in one run, as ratios to a reference.

Machines differ by threefold and so do their int8 units; a ratio from one run is what can be compared. Models take turns
batch by batch, so that a busy neighbour or a falling clock hits all alike; the median of the rounds counts.

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

BATCHES = (1, 8, 32, 64)
GPU_BATCHES = (1024, 4096)
LEAST = 0.05  # seconds one turn lasts at least, so that the clock's grain does not show


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
        """Run often enough to be timed, and note the seconds per face."""
        began = time.perf_counter()
        for _ in range(self.repeats):
            self.run()
        self.seconds.append((time.perf_counter() - began) / self.repeats / self.batch)

    @property
    def rate(self) -> float:
        """Faces per second, the median of all turns."""
        return 1 / statistics.median(self.seconds)


def main() -> None:
    arguments = _arguments()
    console = Console(stderr=True)
    models = [*arguments.models, *([arguments.reference] if arguments.reference else [])]
    batches = arguments.batches or (GPU_BATCHES if arguments.device == "cuda" else BATCHES)
    lines = ["| model | batch | threads | faces/s | times the reference |", "| --- | ---: | ---: | ---: | ---: |"]
    for threads in arguments.threads:
        for batch in batches:
            runtime = Runtime(device=arguments.device, threads=threads)
            contestants = [contestant(Path(model), batch, runtime) for model in dict.fromkeys(models)]
            for one in contestants:
                warm(one)
            for _ in track(range(arguments.rounds), f"batch {batch}, threads {threads}", console=console):
                for one in contestants:
                    one.turn()
            lines += report(contestants, Path(arguments.reference).stem if arguments.reference else "")
    Console(soft_wrap=True, highlight=False, markup=False).print("\n".join(lines))


def contestant(model: Path, batch: int, runtime: Runtime) -> Contestant:
    """Open a model with its batch size fixed, fed with noise of its own shape. Raises ValueError for another one."""
    names = open_session(model, runtime).get_inputs()[0]
    free = names.shape[0]
    if isinstance(free, int) and free not in (0, batch):
        raise ValueError(f"{model.name}: expected a free batch size, got {free}")
    shapes = {free: batch} if isinstance(free, str) else {}
    session = open_session(model, runtime, shapes=shapes)
    shape = [batch, *(int(side) for side in names.shape[1:])]
    noise = np.random.default_rng(0).standard_normal(shape, np.float32)
    feed = {names.name: noise.astype(np.float16) if names.type == "tensor(float16)" else noise}
    return Contestant(model.stem, batch, runtime.threads, lambda: session.run(None, feed))


def warm(one: Contestant) -> None:
    """Run once for the memory plan, then find how many repeats make a turn."""
    one.run()
    began = time.perf_counter()
    one.run()
    one.repeats = max(1, round(LEAST / max(time.perf_counter() - began, 1e-6)))


def report(contestants: list[Contestant], reference: str) -> list[str]:
    """One Markdown row for each, with its ratio to the reference where there is one."""
    rates = {one.name: one.rate for one in contestants}
    base = rates.get(reference)
    return [
        f"| {one.name} | {one.batch} | {one.threads} | {one.rate:,.0f} | {f'{one.rate / base:.1f}' if base else ''} |"
        for one in contestants
    ]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Faces per second of recognisers, interleaved in one run.")
    parser.add_argument("models", nargs="+", help="ONNX files")
    parser.add_argument("--reference", default="", help="the ONNX file that ratios are to")
    parser.add_argument("--batches", type=int, nargs="+", help=f"default {BATCHES}, on a GPU {GPU_BATCHES}")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    return parser.parse_args()


if __name__ == "__main__":
    main()
