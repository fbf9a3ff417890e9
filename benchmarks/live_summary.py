"""Results of a live run: events against the truth, latencies, CPU and memory, as Markdown and as a plot."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from configs.markdown import table
from tests.synthetic.node import Event

MIN_SLOPE_SECONDS = 100.0  # a slope of memory means nothing over less

INTERRUPTED_EXIT_CODE = 130


@dataclass(frozen=True, slots=True)
class Sample:
    """The program at `clock` seconds, from /proc: CPU seconds so far, resident MiB, threads, descriptors."""

    clock: float
    cpu: float
    rss: float
    threads: int
    descriptors: int


@dataclass
class Run:
    """All that was measured. heard: (event, Unix seconds of arrival).  window: Unix seconds measured."""

    samples: list[Sample] = field(default_factory=list)
    heard: list[tuple[Event, float]] = field(default_factory=list)
    written: list[Event] = field(default_factory=list)
    window: tuple[float, float] = (0.0, 0.0)
    code: int | None = None
    output: str = ""

    @property
    def measured(self) -> list[tuple[Event, float]]:
        return [(event, arrived) for event, arrived in self.heard if self.window[0] <= arrived <= self.window[1]]

    @property
    def latencies(self) -> list[tuple[float, float]]:
        """(arrival, seconds since the frame arrived) of each event about a face."""
        faces = [pair for pair in self.measured if pair[0]["kind"] in ("track", "identity")]
        return [(arrived, arrived - event["wall_time"]) for event, arrived in faces]

    @property
    def heartbeats(self) -> list[Event]:
        return [event for event, _ in self.measured if event["kind"] == "health"]

    @property
    def lost(self) -> int:
        """Events written after the first one heard of their topic, and never heard."""
        heard = {key(event) for event, _ in self.heard}
        first: dict[tuple[str, str], int] = {}
        for event, _ in self.heard:
            first.setdefault((event["kind"], event["camera"]), event["seq"])
        due = (one for one in self.written if one["seq"] >= first.get((one["kind"], one["camera"]), 0))
        return sum(key(event) not in heard for event in due)

    @property
    def duplicates(self) -> int:
        return sum(count - 1 for count in Counter(key(event) for event, _ in self.heard).values())

    @property
    def disordered(self) -> int:
        """Events that arrived after a later one of their topic."""
        last: dict[tuple[str, str], int] = {}
        late = 0
        for event, _ in self.heard:
            topic = event["kind"], event["camera"]
            late += event["seq"] < last.get(topic, 0)
            last[topic] = max(event["seq"], last.get(topic, 0))
        return late

    @property
    def faults(self) -> list[str]:
        """What went wrong; empty for a good run."""
        found = [f"{getattr(self, name)} {name} events" for name in ("lost", "duplicates", "disordered")]
        found = [text for text in found if not text.startswith("0 ")]
        if self.code != INTERRUPTED_EXIT_CODE:
            found.append(f"exit code {self.code}, expected {INTERRUPTED_EXIT_CODE}; its output: {self.output}")
        if not self.latencies:
            found.append("no event about a face arrived")
        return found


def key(event: Event) -> tuple[str, str, str, int]:
    return event["epoch"], event["kind"], event["camera"], event["seq"]


def summary(run: Run) -> str:
    """The Markdown table."""
    first, last = run.samples[0], run.samples[-1]
    seconds = last.clock - first.clock
    delay = np.array([late for _, late in run.latencies] or [np.nan]) * 1e3
    measured = [beat for beat in run.heartbeats if beat["latency_p50"] is not None]
    own = np.array([(beat["latency_p50"], beat["latency_p99"]) for beat in measured] or [(np.nan, np.nan)]) * 1e3
    quarter = max(1, len(run.samples) // 4)
    early, late = (
        np.median([one.rss for one in part]) for part in (run.samples[quarter : 2 * quarter], run.samples[-quarter:])
    )
    rows = [
        ["measured", f"{seconds:.0f} s, {len(run.latencies)} events about faces"],
        *([name, count_frames(run, name)] for name in (run.heartbeats[-1]["cameras"] if run.heartbeats else ())),
        ["frame → event at the subscriber, ms", percentiles(delay)],
        ["in the program, by its heartbeats, ms", f"p50 {np.median(own[:, 0]):.1f}, worst p99 {own[:, 1].max():.1f}"],
        ["CPU of the program", f"{100 * (last.cpu - first.cpu) / seconds:.0f} % of one core"],
        ["memory (RSS), MiB", f"{first.rss:.0f} at the start, {early:.0f} in the 2nd quarter, {late:.0f} in the last"],
        ["memory, slope of the second half", memory_slope(run.samples[len(run.samples) // 2 :])],
        ["threads, start → end", f"{first.threads} → {last.threads}"],
        ["descriptors, start → end", f"{first.descriptors} → {last.descriptors}"],
        ["events lost, twice, out of order", f"{run.lost}, {run.duplicates}, {run.disordered} of {len(run.written)}"],
    ]  # fmt: skip
    return table(["", ""], rows)


def count_frames(run: Run, name: str) -> str:
    """One camera's frames during the measurement, processed and dropped."""
    first, last = (run.heartbeats[at]["cameras"][name] for at in (0, -1))
    taken, dropped = (last[what] - first[what] for what in ("frames", "dropped"))
    return f"{taken} frames processed, {dropped} dropped for newer ones, {last['state']}"


def percentiles(values: np.ndarray[Any, Any]) -> str:
    p50, p99 = np.percentile(values, (50, 99))
    return f"p50 {p50:.1f}, p99 {p99:.1f}, max {values.max():.1f}"


def memory_slope(samples: Sequence[Sample]) -> str:
    """Least squares. The allocator takes and returns some MiB at any time, which in a short run looks like a slope."""
    if len(samples) < 3 or samples[-1].clock - samples[0].clock < MIN_SLOPE_SECONDS:
        return "too short a run to tell"
    minutes, rss = [one.clock / 60 for one in samples], [one.rss for one in samples]
    return f"{np.polyfit(minutes, rss, 1)[0]:+.2f} MiB/min"


def plot(run: Run, path: Path) -> None:
    """Latency, CPU and memory over the time of the run."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, (late, cpu, rss) = pyplot.subplots(3, sharex=True, figsize=(9, 7))
    times = [arrived - run.window[0] for arrived, _ in run.latencies]
    late.plot(times, [1e3 * seconds for _, seconds in run.latencies], ".", markersize=2)
    clock = np.array([one.clock for one in run.samples]) - run.samples[0].clock
    cpu.step(clock[1:], 100 * np.diff([one.cpu for one in run.samples]) / np.maximum(np.diff(clock), 1e-3))
    rss.plot(clock, [one.rss for one in run.samples])
    for axes, label in ((late, "frame → event, ms"), (cpu, "CPU, % of one core"), (rss, "RSS, MiB")):
        axes.set(ylabel=label, ylim=(0, 1.1 * axes.dataLim.y1))
        axes.grid(alpha=0.3)
    rss.set(xlabel="seconds")
    figure.savefig(path, dpi=120, bbox_inches="tight")
