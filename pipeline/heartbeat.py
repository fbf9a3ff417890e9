"""The heartbeat: who is alive, how late it runs, and the last number of every stream.

It also prompts the reload of a changed gallery, because once a second is often enough for both.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from pipeline.event_factory import EventFactory
from pipeline.events import CameraHealth, Event, HealthEvent
from pipeline.tracks.camera import CameraTracks
from pipeline.tracks.crops import Matcher
from pipeline.version import VERSION


class Counts(Protocol):
    """What the mailbox counts per camera."""

    def taken(self, camera: str) -> int: ...

    def dropped(self, camera: str) -> int: ...


@dataclass
class Heartbeat:
    """Beats every `interval` seconds of the injected monotonic clock; never for an interval of 0."""

    stamp: EventFactory
    counts: Counts
    interval: float
    clock: Callable[[], float] = time.monotonic
    wall: Callable[[], float] = time.time
    _latencies: list[float] = field(default_factory=list)
    _started: float = field(init=False)
    _due: float = field(init=False)

    def __post_init__(self) -> None:
        self._started = self._due = self.clock()

    def count(self, latency: float) -> None:
        """Note the seconds between one frame's arrival and its events."""
        self._latencies.append(latency)

    def beat(self, scenes: Mapping[str, CameraTracks], judge: Matcher | None) -> Iterator[Event]:
        """One HealthEvent when it is time, nothing otherwise."""
        now = self.clock()
        if now < self._due:
            return
        self._due = now + (self.interval or 1.0)
        p50, p99 = self._percentiles()
        if not self.interval:
            return
        if judge:
            judge.refresh()
        yield self.stamp.make(
            HealthEvent,
            "",
            self.wall(),
            uptime=round(now - self._started, 3),
            version=VERSION,
            people=judge.people if judge else 0,
            latency_p50=p50,
            latency_p99=p99,
            cameras={name: self._camera(scene, now) for name, scene in scenes.items()},
            last_seq=self.stamp.last_seq,
        )

    def _percentiles(self) -> tuple[float | None, float | None]:
        taken, self._latencies = self._latencies, []
        if not taken:
            return None, None
        p50, p99 = np.percentile(taken, (50, 99))
        return round(float(p50), 4), round(float(p99), 4)

    def _camera(self, scene: CameraTracks, now: float) -> CameraHealth:
        name, last = scene.settings.name, scene.last_frame
        return CameraHealth(
            state=scene.state,
            frames=self.counts.taken(name),
            dropped=self.counts.dropped(name),
            tracks=len(scene.subjects),
            frame_age=None if last is None else round(now - last.clock, 3),
        )
