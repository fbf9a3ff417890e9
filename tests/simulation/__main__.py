"""Plays simulated hours and says what they found: `python -m tests.simulation --seed 1 --hours 72`.

Exit codes: 0 every promise kept, 1 a promise broken, 2 usage error.
"""

import argparse
import os
import random
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context

from tests.simulation.run import PART_HOURS, SHRINK_SECONDS, Failure, Part, parts_of, play_part, quiet
from tests.simulation.script import KINDS
from tests.simulation.simulation import Summary

REPORT_EVERY_HOURS = 6.0


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; --help lists the options."""
    options = _parser().parse_args(argv)
    seeds = [parts_of(seed, options.hours) for seed in range(options.seed, options.seed + options.seeds)]
    parts = [part for seed in seeds for part in seed]
    play = partial(_play, shrink_seconds=options.shrink)
    failed = {part.seed for part, is_kept in zip(parts, _map(play, parts, options.jobs), strict=True) if not is_kept}
    say(f"{len(seeds) - len(failed)} of {len(seeds)} seeds kept every promise")
    return 1 if failed else 0


def _map(play: Callable[[Part], bool], parts: Sequence[Part], jobs: int) -> Iterator[bool]:
    """Play the parts, so many at a time, each in a process of its own where that is more than one."""
    if min(jobs, len(parts)) < 2:
        yield from map(play, parts)
        return
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as processes:
        yield from processes.map(play, parts)


def say(text: str) -> None:
    """Write a line at once: the next one may take a minute."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _play(part: Part, *, shrink_seconds: float) -> bool:
    start = time.monotonic(), time.process_time()
    say(f"{part}: {min(part.hours, PART_HOURS):g} simulated hours")
    with quiet():
        result = play_part(part, KINDS, progress=_report_hours(part), shrink_seconds=shrink_seconds)
    took = f"{time.monotonic() - start[0]:.0f} s, {time.process_time() - start[1]:.0f} s of processor time"
    say(f"{part}: {_describe(result)}; {took}")
    return isinstance(result, Summary)


def _report_hours(part: Part) -> Callable[[float], None]:
    """What says every few simulated hours how far a seed has come."""
    due = REPORT_EVERY_HOURS

    def report(seconds: float) -> None:
        nonlocal due
        if seconds / 3600 >= due:
            due += REPORT_EVERY_HOURS
            say(f"  {part}: {seconds / 3600:.0f} h")

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
    parser.add_argument("--seeds", type=int, default=1, metavar="N", help="play N seeds")
    parser.add_argument("--hours", type=float, default=72.0, metavar="H", help="simulated hours of each seed")
    parser.add_argument(
        "--shrink", type=float, default=SHRINK_SECONDS, metavar="S", help="seconds to look for a shorter script"
    )
    parser.add_argument(
        "--jobs",
        type=int,
        default=len(os.sched_getaffinity(0)),
        metavar="N",
        help=f"processes that play at once; a seed is played in parts of {PART_HOURS:g} hours, however many there are",
    )
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
