"""Plays seeds, and shrinks the script of one that fails."""

import logging
import math
import tempfile
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.simulation.promises import BrokenPromiseError
from tests.simulation.script import Kind, Script, write_script
from tests.simulation.shrink import shrink
from tests.simulation.simulation import Summary, simulated

SHRINK_SECONDS = 120.0
PART_HOURS = 36.0
"""A longer script is played in parts, each in a world of its own, so that two cores share it. What a seed plays does
not depend on how many there are."""


@dataclass(frozen=True)
class Failure:
    """A broken promise, and the shortest script found that breaks the same one."""

    error: BrokenPromiseError
    script: Script

    def __str__(self) -> str:
        lines = "".join(f"    {action},\n" for action in self.script)
        return f"{self.error}\nscript = (\n{lines})"


def play(script: Script, progress: Callable[[float], None] = lambda _: None) -> Summary:
    """Play a script in a folder of its own. Raises BrokenPromiseError."""
    with (
        tempfile.TemporaryDirectory(prefix="glimpse-simulation-") as folder,
        simulated(Path(folder)) as simulation,
    ):
        return simulation.play(script, progress)


@dataclass(frozen=True)
class Part:
    """A part of what a seed draws for so many hours, counted from 0."""

    seed: int
    hours: float
    number: int = 0

    def __str__(self) -> str:
        first = self.number * PART_HOURS
        whole = self.hours <= PART_HOURS
        return f"seed {self.seed}" if whole else f"seed {self.seed} from {first:g} h"

    def script(self, kinds: Collection[Kind]) -> Script:
        """The actions of this part."""
        script = write_script(self.seed, self.hours, kinds)
        ends = [len(until(script, number * PART_HOURS * 3600)) for number in (self.number, self.number + 1)]
        is_last = (self.number + 1) * PART_HOURS >= self.hours
        return script[0 if not self.number else ends[0] : None if is_last else ends[1]]


def parts_of(seed: int, hours: float) -> list[Part]:
    """Everything that a seed plays."""
    return [Part(seed, hours, number) for number in range(max(1, math.ceil(hours / PART_HOURS)))]


def play_part(
    part: Part,
    kinds: Collection[Kind],
    *,
    progress: Callable[[float], None] = lambda _: None,
    shrink_seconds: float = SHRINK_SECONDS,
) -> Summary | Failure:
    """Play a part of what a seed draws; shrink it for about so many seconds where it breaks a promise."""
    script = part.script(kinds)
    try:
        return play(script, progress)
    except BrokenPromiseError as error:
        return shrink_failure(script, error, seconds=shrink_seconds)


def shrink_failure(script: Script, error: BrokenPromiseError, *, seconds: float) -> Failure:
    """Look for a shorter script that breaks the same promise, for about so many seconds."""
    deadline = time.monotonic() + seconds
    failures = [Failure(error, script)]

    def fails(shorter: Script) -> bool:
        if time.monotonic() > deadline:
            return False
        found = broken_promise(shorter)
        if found is None or found.promise is not error.promise:
            return False
        failures.append(Failure(found, shorter))
        return True

    shrink(until(script, error.at), fails)
    return failures[-1]


def until(script: Script, seconds: float) -> Script:
    """The beginning of a script that had begun so many simulated seconds after the start."""
    passed = 0.0
    for count, action in enumerate(script):
        if passed > seconds:
            return script[:count]
        passed += action.wait
    return script


def broken_promise(script: Script) -> BrokenPromiseError | None:
    """The error that a script ends with; None where every promise is kept."""
    try:
        play(script)
    except BrokenPromiseError as error:
        return error
    return None


@contextmanager
def quiet() -> Iterator[None]:
    """Keep what the node logs of its faults off the terminal: there are thousands."""
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)
