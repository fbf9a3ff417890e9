"""Counts what a node spends, for the heartbeat: seconds of its stages, crops, and a histogram of latencies."""

from bisect import bisect_left
from enum import StrEnum
from typing import NamedTuple

from pipeline.events import LATENCY_BUCKETS, NodeLoad


class Stage(StrEnum):
    """A part of a step whose time is measured."""

    FIND = "find"
    EMBED = "embed"


class BusLoad(NamedTuple):
    """What waits on its way out. outbox_bytes: None without an outbox."""

    queued: int = 0
    unsent: int = 0
    outbox_bytes: int | None = None


class LoadMeter:
    """Sums since the start of a node; used by the engine's thread only."""

    def __init__(self) -> None:
        self._seconds = dict.fromkeys(Stage, 0.0)
        self._crops = 0
        self._latencies = [0] * (len(LATENCY_BUCKETS) + 1)
        self._latency_seconds = 0.0

    def add_stage(self, stage: Stage, seconds: float, *, crops: int = 0) -> None:
        """Note the time that a stage took in one step, and the crops that it read."""
        self._seconds[stage] += seconds
        self._crops += crops

    def add_latency(self, seconds: float) -> None:
        """Note the time between one frame's arrival and its events."""
        self._latencies[bisect_left(LATENCY_BUCKETS, seconds)] += 1
        self._latency_seconds += seconds

    def read(self, bus: BusLoad) -> NodeLoad:
        """The sums so far. The counts of latencies are cumulative, as Prometheus has them."""
        counts = [sum(self._latencies[: number + 1]) for number in range(len(self._latencies))]
        return NodeLoad(
            find_seconds=round(self._seconds[Stage.FIND], 3),
            embed_seconds=round(self._seconds[Stage.EMBED], 3),
            crops=self._crops,
            latency_counts=tuple(counts),
            latency_seconds=round(self._latency_seconds, 3),
            queued=bus.queued,
            unsent=bus.unsent,
            outbox_bytes=bus.outbox_bytes,
        )
