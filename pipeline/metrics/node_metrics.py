"""Keeps what the events of nodes say of them, and gives it as Prometheus metrics, each with the label `node`.

Names and units follow https://prometheus.io/docs/practices/naming/. Counters of a node begin at zero again when it is
started anew, as Prometheus expects.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from pipeline.bus.position import Item
from pipeline.bus.reorder import Gap
from pipeline.events import (
    LATENCY_BUCKETS,
    AlertEvent,
    GalleryHealth,
    HealthEvent,
    IdentityEvent,
    NodeClock,
    NodeLoad,
    PersonEvent,
    SelfCheckHealth,
    TrackAction,
    TrackEvent,
)
from pipeline.types import CameraState
from recognizer.base import State

SILENT_SECONDS = 10.0
"""Without a heartbeat; a node sends one a second."""
ROOM_SILENT_SECONDS = 25.0
MAX_NODES = 100


class Beat(NamedTuple):
    """A heartbeat, and when it came, monotonic seconds."""

    health: HealthEvent
    heard: float


class NodeMetrics(Collector):
    """What was received so far; `add` and `collect` may be called from different threads. clock: monotonic seconds."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._lock = clock, threading.Lock()
        self._beats: dict[str, Beat] = {}
        self._tracks: Counter[tuple[str, ...]] = Counter()
        self._named: Counter[tuple[str, ...]] = Counter()
        self._alerts: Counter[tuple[str, ...]] = Counter()
        self._people: Counter[tuple[str, ...]] = Counter()
        self._lost = 0

    def add(self, item: Item) -> None:
        """Count an item of a subscriber."""
        with self._lock:
            match item:
                case Gap():
                    self._lost += 1 if item.open_end else item.last - item.first + 1
                case HealthEvent():
                    self._note_beat(item)
                case TrackEvent(action=TrackAction.END):
                    state = item.evidence.state if item.evidence else State.UNKNOWN.value
                    self._tracks[item.node, item.camera, state] += 1
                case IdentityEvent():
                    self._named[item.node, item.camera, item.action.value] += 1
                case AlertEvent():
                    self._alerts[item.node, item.rule, item.action.value] += 1
                case PersonEvent():
                    self._people[item.node, item.action.value] += 1

    def beats(self) -> list[Beat]:
        """The newest heartbeat of each node, by name; none before the first."""
        with self._lock:
            return [self._beats[node] for node in sorted(self._beats)]

    def silent_seconds(self, beat: Beat) -> float:
        """Seconds since a heartbeat."""
        return self._clock() - beat.heard

    def is_silent(self, beat: Beat) -> bool:
        """Whether another one should have come by now. Rooms beside an engine beat every ten seconds."""
        is_room = beat.health.load is None and not beat.health.cameras
        return self.silent_seconds(beat) >= (ROOM_SILENT_SECONDS if is_room else SILENT_SECONDS)

    def _note_beat(self, health: HealthEvent) -> None:
        if health.node in self._beats or len(self._beats) < MAX_NODES:
            self._beats[health.node] = Beat(health, self._clock())

    def collect(self) -> Iterator[Metric]:
        """All metrics, as the client library asks for them."""
        with self._lock:
            yield from self._collect_counters()
        beats = self.beats()
        up = GaugeMetricFamily("glimpse_up", "Whether a heartbeat came in time", labels=("node",))
        for beat in beats:
            up.add_metric((beat.health.node,), float(not self.is_silent(beat)))
        if not beats:
            up.add_metric(("",), 0.0)
        yield up
        healths = [beat.health for beat in beats]
        yield from _nodes(healths)
        yield from _galleries({health.node: health.gallery for health in healths if health.gallery})
        yield from _clocks({health.node: health.clock for health in healths if health.clock})
        yield from _selfchecks({health.node: health.selfcheck for health in healths if health.selfcheck})
        yield from _cameras(healths)
        yield from _loads({health.node: health.load for health in healths if health.load})

    def _collect_counters(self) -> Iterator[Metric]:
        ended = "Faces that were followed to their end, by final state"
        yield _counter("glimpse_tracks", ended, ("node", "camera", "state"), self._tracks.items())
        named = "Names given, changed and withdrawn"
        yield _counter("glimpse_identities", named, ("node", "camera", "action"), self._named.items())
        alerts = "Alerts, by rule and what became of them"
        yield _counter("glimpse_alerts", alerts, ("node", "rule", "action"), self._alerts.items())
        found = "What the history found out of tracks"
        yield _counter("glimpse_person_events", found, ("node", "action"), self._people.items())
        yield CounterMetricFamily("glimpse_lost_events", "Events that this client did not get", value=self._lost)


def _counter(name: str, text: str, labels: Sequence[str], counts: Iterable[tuple[Sequence[str], int]]) -> Metric:
    family = CounterMetricFamily(name, text, labels=labels)
    for values, count in sorted(counts):
        family.add_metric(values, count)
    return family


def _nodes(healths: Sequence[HealthEvent]) -> Iterator[Metric]:
    info = InfoMetricFamily("glimpse_node", "The nodes that are watched")
    uptime = GaugeMetricFamily("glimpse_uptime_seconds", "Seconds since the node started", labels=("node",))
    people = GaugeMetricFamily("glimpse_people", "People in the gallery that is searched", labels=("node",))
    quantiles = GaugeMetricFamily(
        "glimpse_recent_latency_seconds", "From frame to event since the heartbeat before", labels=("node", "quantile")
    )
    for health in healths:
        node = health.node
        info.add_metric([], {"node": node, "version": health.version, "epoch": health.epoch})
        uptime.add_metric((node,), health.uptime)
        people.add_metric((node,), health.people)
        for quantile, seconds in (("0.5", health.latency_p50), ("0.99", health.latency_p99)):
            if seconds is not None:
                quantiles.add_metric((node, quantile), seconds)
    yield from (info, uptime, people, quantiles)


def _galleries(galleries: Mapping[str, GalleryHealth]) -> Iterator[Metric]:
    ages = GaugeMetricFamily(
        "glimpse_gallery_age_seconds", "Since the copy of a shared gallery was known to be the newest", labels=("node",)
    )
    stale = GaugeMetricFamily(
        "glimpse_gallery_stale", "Whether nobody is named because that is too long ago", labels=("node",)
    )
    for node, gallery in galleries.items():
        stale.add_metric((node,), float(gallery.stale))
        if gallery.age is not None:
            ages.add_metric((node,), gallery.age)
    if galleries:
        yield from (ages, stale)


def _clocks(clocks: Mapping[str, NodeClock]) -> Iterator[Metric]:
    synchronised = GaugeMetricFamily(
        "glimpse_clock_synchronised", "Whether a time server sets the clock of the node", labels=("node",)
    )
    errors = GaugeMetricFamily(
        "glimpse_clock_max_error_seconds", "By how much the clock of the node may be off", labels=("node",)
    )
    for node, clock in clocks.items():
        synchronised.add_metric((node,), float(clock.synchronised))
        if clock.max_error is not None:
            errors.add_metric((node,), clock.max_error)
    if clocks:
        yield from (synchronised, errors)


def _selfchecks(checks: Mapping[str, SelfCheckHealth]) -> Iterator[Metric]:
    findings = GaugeMetricFamily("glimpse_selfcheck_findings", "What the last self-check found wrong", labels=("node",))
    times = GaugeMetricFamily(
        "glimpse_selfcheck_timestamp_seconds", "Unix time of the last self-check", labels=("node",)
    )
    cameras = GaugeMetricFamily(
        "glimpse_selfcheck_cameras", "Cameras that had faces enough for the last self-check", labels=("node",)
    )
    for node, check in checks.items():
        findings.add_metric((node,), check.findings)
        times.add_metric((node,), check.checked_at)
        cameras.add_metric((node,), check.cameras)
    if checks:
        yield from (findings, times, cameras)


def _cameras(healths: Sequence[HealthEvent]) -> Iterator[Metric]:
    labels = ("node", "camera")
    frames = CounterMetricFamily("glimpse_frames", "Frames handed to the engine", labels=labels)
    dropped = CounterMetricFamily("glimpse_dropped_frames", "Frames that a newer one replaced", labels=labels)
    scans = CounterMetricFamily("glimpse_scans", "Frames that were searched whole", labels=labels)
    tracks = GaugeMetricFamily("glimpse_open_tracks", "Faces that are followed now", labels=labels)
    ages = GaugeMetricFamily("glimpse_frame_age_seconds", "Age of the newest frame", labels=labels)
    offsets = GaugeMetricFamily(
        "glimpse_camera_clock_offset_seconds", "Clock of the camera minus that of the node", labels=labels
    )
    states = GaugeMetricFamily("glimpse_camera_state", "1 for the state of a camera", labels=(*labels, "state"))
    for key, camera in (((one.node, name), camera) for one in healths for name, camera in one.cameras.items()):
        frames.add_metric(key, camera.frames)
        dropped.add_metric(key, camera.dropped)
        tracks.add_metric(key, camera.tracks)
        if camera.scans is not None:
            scans.add_metric(key, camera.scans)
        if camera.frame_age is not None:
            ages.add_metric(key, camera.frame_age)
        if camera.clock_offset is not None:
            offsets.add_metric(key, camera.clock_offset)
        for state in CameraState:
            states.add_metric((*key, state.value), float(state is camera.state))
    yield from (frames, dropped, scans, tracks, ages, offsets, states)


def _loads(loads: Mapping[str, NodeLoad]) -> Iterator[Metric]:
    labels = ("node",)
    stages = CounterMetricFamily(
        "glimpse_stage_seconds", "Time spent in parts of the engine's step", labels=("node", "stage")
    )
    crops = CounterMetricFamily("glimpse_crops", "Face crops that the recogniser read", labels=labels)
    latency = HistogramMetricFamily("glimpse_latency_seconds", "From a frame's arrival to its events", labels=labels)
    queued = GaugeMetricFamily("glimpse_queued_events", "Events that wait to be sent", labels=labels)
    unsent = CounterMetricFamily("glimpse_unsent_events", "Events that found the queue full", labels=labels)
    outbox = GaugeMetricFamily("glimpse_outbox_bytes", "Size of the outbox", labels=labels)
    bounds = [*map(str, LATENCY_BUCKETS), "+Inf"]
    for node, load in loads.items():
        stages.add_metric((node, "find"), load.find_seconds)
        stages.add_metric((node, "embed"), load.embed_seconds)
        crops.add_metric((node,), load.crops)
        buckets = [(bound, float(count)) for bound, count in zip(bounds, load.latency_counts, strict=True)]
        latency.add_metric((node,), buckets, load.latency_seconds)
        queued.add_metric((node,), load.queued)
        unsent.add_metric((node,), load.unsent)
        if load.outbox_bytes is not None:
            outbox.add_metric((node,), load.outbox_bytes)
    if loads:
        yield from (stages, crops, latency, queued, unsent, outbox)
