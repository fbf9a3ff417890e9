"""Says on standard output how far a seed has come and what it found."""

import sys
import time
from collections.abc import Callable

from tests.simulation.run import PART_HOURS, Failure, Part, play_part, quiet
from tests.simulation.script import KINDS
from tests.simulation.simulation import Summary

REPORT_EVERY_HOURS = 6.0


def say(text: str) -> None:
    """Write a line at once: the next one may take a minute."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def play_and_tell(part: Part, *, shrink_seconds: float) -> bool:
    """Play a part and say what it found; whether every promise was kept."""
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
