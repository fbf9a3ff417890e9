"""Runs what is too long for CI, one after the other, and sums it up: `python -m tests.endurance.long`.

Simulation, fuzzing, kills of real processes, and a soak: an hour and a quarter on two cores. Ctrl-C ends the one that
runs. Exit codes: 0 all passed, 1 one did not, 2 usage error.
"""

import argparse
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

RUNS = {
    "simulate": ("tests.simulation", "--hours", "72"),
    "fuzz": ("tests.fuzz.urls", "--count", "500000"),
    "chaos": ("tests.endurance.chaos", "--kills", "80"),
    "soak": ("tests.endurance.soak", "--minutes", "30"),
}


@dataclass(frozen=True)
class Result:
    """How one of them ended. seconds: how long it took."""

    name: str
    exit_code: int
    seconds: float


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; --help lists the options."""
    options = _parser().parse_args(argv)
    results = [run(name, ("-m", *RUNS[name])) for name in options.only or RUNS]
    Console().print(summary(results))
    return 1 if any(result.exit_code for result in results) else 0


def run(name: str, arguments: Sequence[str]) -> Result:
    """Run a Python program to its end; it writes to this terminal."""
    start = time.monotonic()
    with subprocess.Popen([sys.executable, *arguments]) as process:
        while process.poll() is None:
            with suppress(KeyboardInterrupt):  # the program has got it too
                process.wait()
    return Result(name, process.returncode, time.monotonic() - start)


def summary(results: Sequence[Result]) -> Table:
    """A table of what passed and what did not."""
    table = Table("run", "result", "took", title="what is too long for CI")
    for result in results:
        outcome = "passed" if result.exit_code == 0 else f"FAILED, exit code {result.exit_code}"
        table.add_row(result.name, outcome, f"{result.seconds / 60:.0f} min")
    return table


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.endurance.long", description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=list(RUNS), metavar="RUN", help=f"some of {', '.join(RUNS)}")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
