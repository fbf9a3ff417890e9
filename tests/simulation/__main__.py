"""Plays simulated hours and says what they found: `python -m tests.simulation --seed 1 --hours 72`.

Exit codes: 0 every promise kept, 1 a promise broken, 2 usage error.
"""

import argparse
import os
import random
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context

from tests.simulation.run import PART_HOURS, SHRINK_SECONDS, Part, parts_of
from tests.simulation.tell import play_and_tell, say


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; --help lists the options."""
    options = _parser().parse_args(argv)
    seeds = [parts_of(seed, options.hours) for seed in range(options.seed, options.seed + options.seeds)]
    parts = [part for seed in seeds for part in seed]
    play = partial(play_and_tell, shrink_seconds=options.shrink)
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
