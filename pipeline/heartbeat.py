"""The heartbeat: which cameras are alive, how late the node runs, and the last sequence number of every stream.

It also reloads a changed gallery: once a second is often enough for both. What a gallery has laid ready in memory is
taken up at once.
"""

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Protocol

from pipeline.event_factory import EventFactory
from pipeline.events import CameraHealth, Event, GalleryHealth, SelfCheckHealth
from pipeline.load import BusLoad, LoadMeter
from pipeline.site.clocks import KernelClock, node_clock, read_kernel
from pipeline.tracks.camera import CameraTracks
from pipeline.tracks.matcher import Matcher
from pipeline.types import Frame
from recognizer.gallery.copies.freshness import Freshness


class FrameCounts(Protocol):
    """What the mailbox counts per camera."""

    def taken(self, camera: str) -> int: ...

    def dropped(self, camera: str) -> int: ...


class Heartbeat:
    """Due every `interval` seconds of the monotonic clock; never for an interval of 0."""

    def __init__(
        self,
        events: EventFactory,
        counts: FrameCounts,
        interval: float,
        *,
        scans: Callable[[str], int | None] = lambda _: None,
        bus: Callable[[], BusLoad] = BusLoad,
        selfcheck: Callable[[], SelfCheckHealth | None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
        kernel: Callable[[], KernelClock | None] = read_kernel,
    ) -> None:
        """scans: how many frames of a camera were searched whole; None where all are.  bus: what waits to be sent.

        selfcheck: what the last self-check found; None before the first.  kernel: what the system knows of its clock.
        """
        self._scans, self._bus, self._selfcheck = scans, bus, selfcheck
        self.load = LoadMeter()
        self._events, self._counts, self._interval = events, counts, interval
        self._clock, self._wall, self._kernel = clock, wall, kernel
        self._latencies: list[float] = []
        self._started = self._due = clock()

    def add_latency(self, seconds: float) -> None:
        """Note the time between one frame's arrival and its events."""
        self._latencies.append(seconds)
        self.load.add_latency(seconds)

    def beat(self, cameras: Mapping[str, CameraTracks], matcher: Matcher | None) -> Iterator[Event]:
        """One health event when it is due, nothing otherwise."""
        now = self._clock()
        if self._interval and matcher and matcher.has_news:
            matcher.refresh()
        if now < self._due:
            return
        self._due = now + (self._interval or 1.0)
        latency = self._take_percentiles()
        if not self._interval:
            return
        if matcher:
            matcher.refresh()
        health = {name: self._camera_health(camera, now) for name, camera in cameras.items()}
        people = matcher.people if matcher else 0
        load = self.load.read(self._bus())
        gallery = _gallery_health(matcher.freshness if matcher else None)
        yield self._events.health(
            self._wall(),
            health,
            uptime=now - self._started,
            people=people,
            latency=latency,
            load=load,
            gallery=gallery,
            clock=node_clock(self._kernel()),
            selfcheck=self._selfcheck(),
        )

    def _take_percentiles(self) -> tuple[float | None, float | None]:
        """Median and 99th percentile of the latencies since the last beat, seconds; None without any."""
        latencies, self._latencies = sorted(self._latencies), []
        if not latencies:
            return None, None
        return round(_percentile(latencies, 0.50), 4), round(_percentile(latencies, 0.99), 4)

    def _camera_health(self, camera: CameraTracks, now: float) -> CameraHealth:
        name, last = camera.settings.name, camera.last_frame
        return CameraHealth(
            state=camera.state,
            frames=self._counts.taken(name),
            dropped=self._counts.dropped(name),
            scans=self._scans(name),
            tracks=sum(track.published for track in camera.tracks.values()),
            frame_age=None if last is None else round(now - last.monotonic_time, 3),
            clock_offset=_clock_offset(last),
        )


def _clock_offset(frame: Frame | None) -> float | None:
    """Camera's clock minus ours as its newest frame arrived, seconds; None where it tells no time."""
    if frame is None or frame.capture_time is None:
        return None
    return round(frame.capture_time - frame.wall_time, 3)


def _gallery_health(freshness: Freshness | None) -> GalleryHealth | None:
    if freshness is None:
        return None
    age = round(freshness.age, 1) if math.isfinite(freshness.age) else None
    return GalleryHealth(change=freshness.number, age=age, stale=freshness.is_stale)


def _percentile(ordered: Sequence[float], share: float) -> float:
    """The value below which a share of these lie, between two of them in proportion, as `numpy.percentile` gives it."""
    place = share * (len(ordered) - 1)
    low, high = ordered[int(place)], ordered[math.ceil(place)]
    return low + (place - int(place)) * (high - low)
