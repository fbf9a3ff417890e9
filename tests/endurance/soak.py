"""Lets a node run for half an hour and says what it grew: `python -m tests.endurance.soak --minutes 30`.

Two RTSP cameras, a node with an outbox, and the shipped client, each in a process of its own. Memory, descriptors and
threads of the node and of the client come from /proc. At the end the client must have every event. Ctrl-C ends the
soak and counts. Exit codes: 0 nothing grew, 1 a fault, 2 usage error.
"""

import argparse
import json
import os
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from tests.endurance.audit import Verdict, judge
from tests.endurance.child import Child, EndedEarlyError, Sample
from tests.endurance.growth import Growth, measure_growth
from tests.endurance.site import Site, folder_for

MAX_GROWTH_MB = 10.0  # in half an hour; a decoded picture of the cameras has 0.7 MiB


@dataclass
class Watched:
    """A process and its samples."""

    process: Child
    samples: list[Sample] = field(default_factory=list)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; --help lists the options."""
    parser = _parser()
    options = parser.parse_args(argv)
    if options.minutes * 60 < options.warm_up + 2 * options.interval:
        parser.error(f"--minutes {options.minutes:g}: expected more than the warm-up and two samples")
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    console = Console(stderr=True)
    try:
        with folder_for(options.keep) as folder:
            samples, verdict = run(folder, options, console)
        growths = {name: measure_growth(of_one, options.warm_up) for name, of_one in samples.items()}
    except (EndedEarlyError, ValueError) as error:
        console.print(str(error), markup=False)
        return 1
    faults = [f"{name}: {fault}" for name, growth in growths.items() for fault in growth.faults(options.max_growth_mb)]
    faults += verdict.faults
    _report(growths, verdict, faults, as_json=options.json)
    if options.plot:
        plot(samples, options.plot)
    for fault in faults:
        console.print(f"fault: {fault}", markup=False)
    return 1 if faults else 0


def run(folder: Path, options: argparse.Namespace, console: Console) -> tuple[dict[str, list[Sample]], Verdict]:
    """The samples of each process, and what became of the events. Raises EndedEarlyError where a process ends."""
    with Site(folder) as site:
        node, client = site.start_node(), site.start_client()
        site.wait_for_events(node)
        watched = {"node": Watched(node), "client": Watched(client)}
        try:
            watch(watched, options.minutes * 60, options.interval, console)
        except KeyboardInterrupt:
            console.print("interrupted; counting what there is")
        node.stop()
        return {name: one.samples for name, one in watched.items()}, judge(site.settle(client))


def watch(watched: dict[str, Watched], seconds: float, interval: float, console: Console) -> None:
    """Sample the processes for so many seconds. Raises EndedEarlyError where one ends."""
    start = time.monotonic()
    with Progress(console=console) as progress:
        task = progress.add_task("soak", total=seconds)
        while (passed := time.monotonic() - start) <= seconds:
            for one in watched.values():
                one.process.check()
                one.samples.append(one.process.sample(passed))
            sample = watched["node"].samples[-1]
            told = f"{sample.rss_mb:.1f} MiB, {sample.descriptors} descriptors, {sample.threads} threads"
            progress.update(task, completed=passed, description=told)
            time.sleep(interval)


def plot(samples: dict[str, list[Sample]], path: Path) -> None:
    """Draw memory, descriptors and threads over time."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(3, 1, sharex=True, figsize=(8, 7))
    names = {"rss_mb": "resident MiB", "descriptors": "descriptors", "threads": "threads"}
    for axis, (name, label) in zip(axes, names.items(), strict=True):
        for process, of_one in samples.items():
            minutes = [sample.seconds / 60 for sample in of_one]
            axis.plot(minutes, [getattr(sample, name) for sample in of_one], label=process)
        axis.set_ylabel(label)
        axis.set_ylim(bottom=0)
    axes[0].legend()
    axes[-1].set_xlabel("minutes")
    figure.savefig(path)
    pyplot.close(figure)


def _report(growths: dict[str, Growth], verdict: Verdict, faults: list[str], *, as_json: bool) -> None:
    if as_json:
        values = {name: asdict(growth) for name, growth in growths.items()} | {"events": asdict(verdict)}
        sys.stdout.write(json.dumps(values | {"faults": faults, "load": os.getloadavg()}) + "\n")
        return
    table = Table("", "start", "end", "an hour", title="medians of the first and the last minute after the warm-up")
    for name, growth in growths.items():
        start, end = growth.start, growth.end
        slope = f"{growth.rss_mb_per_hour:+.1f} MiB"
        table.add_row(f"{name}: resident memory", f"{start.rss_mb:.1f} MiB", f"{end.rss_mb:.1f} MiB", slope)
        table.add_row(f"{name}: descriptors", str(start.descriptors), str(end.descriptors), "")
        table.add_row(f"{name}: threads", str(start.threads), str(end.threads), "")
    console = Console()
    console.print(table)
    console.print(
        f"events: {verdict.emitted:,} emitted, {verdict.kept:,} kept, {verdict.received:,} received, "
        f"{verdict.lost:,} lost, {verdict.lost_untold:,} without a Gap; load {os.getloadavg()[2]:.1f}"
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.endurance.soak", description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=30.0, metavar="M", help="warm-up included (default 30)")
    parser.add_argument("--warm-up", type=float, default=120.0, metavar="S", help="seconds left out (default 120)")
    parser.add_argument("--interval", type=float, default=10.0, metavar="S", help="between two samples (default 10)")
    parser.add_argument(
        "--max-growth-mb", type=float, default=MAX_GROWTH_MB, metavar="MB", help="of a process (default 10)"
    )
    parser.add_argument("--plot", type=Path, metavar="PNG", help="draw the samples (needs matplotlib)")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="a new folder that keeps what the processes wrote")
    parser.add_argument("--json", action="store_true", help="print one line of JSON instead of the table")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
