"""Plays simulated hours and says what they found: `python -m tests.simulation --seed 1 --hours 72`.

Exit codes: 0 every promise kept, 1 a promise broken, 2 usage error.
"""

import argparse
import random
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial

from tests.simulation.run import SHRINK_SECONDS, Failure, play_seed, quiet
from tests.simulation.script import KINDS
from tests.simulation.simulation import Summary

REPORT_EVERY_HOURS = 6.0


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; --help lists the options."""
    options = _parser().parse_args(argv)
    seeds = range(options.seed, options.seed + options.seeds)
    with quiet():
        play = partial(_play, hours=options.hours, shrink_seconds=options.shrink)
        failed = [seed for seed in seeds if not play(seed)]
    say(f"{len(seeds) - len(failed)} of {len(seeds)} seeds kept every promise")
    return 1 if failed else 0


def say(text: str) -> None:
    """Write a line at once: the next one may take a minute."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _play(seed: int, *, hours: float, shrink_seconds: float) -> bool:
    start = time.monotonic()
    say(f"seed {seed}: {hours:g} simulated hours")
    result = play_seed(seed, hours, KINDS, progress=_report_hours(), shrink_seconds=shrink_seconds)
    say(f"seed {seed}: {_describe(result)}; {time.monotonic() - start:.0f} s")
    return isinstance(result, Summary)


def _report_hours() -> Callable[[float], None]:
    """What says every few simulated hours how far a seed has come."""
    due = REPORT_EVERY_HOURS

    def report(seconds: float) -> None:
        nonlocal due
        if seconds / 3600 >= due:
            due += REPORT_EVERY_HOURS
            say(f"  {seconds / 3600:.0f} h")

    return report


def _describe(result: Summary | Failure) -> str:
    if isinstance(result, Failure):
        return f"FAILED, {result}"
    return (
        f"{result.hours:.1f} h, {result.actions} actions, {result.runs} runs, {result.kills} kills; "
        f"{result.made} events made, {result.received} received by 3 subscribers, {result.lost} told as lost; "
        f"{result.objects} objects held"
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=random.randrange(10_000), help="the first seed; default: any")
    parser.add_argument("--seeds", type=int, default=1, metavar="N", help="play N seeds, one after the other")
    parser.add_argument("--hours", type=float, default=72.0, metavar="H", help="simulated hours of each seed")
    parser.add_argument(
        "--shrink", type=float, default=SHRINK_SECONDS, metavar="S", help="seconds to look for a shorter script"
    )
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
