"""Keeps what the events of one node say of it, and gives it as Prometheus metrics.

Names and units follow https://prometheus.io/docs/practices/naming/. Counters of a node begin at zero again when it is
started anew, as Prometheus expects.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence

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
    HealthEvent,
    IdentityEvent,
    NodeLoad,
    PersonEvent,
    TrackAction,
    TrackEvent,
)
from pipeline.types import CameraState
from recognizer.base import State

SILENT_SECONDS = 10.0
"""Without a heartbeat; a node sends one a second."""


class NodeMetrics(Collector):
    """What was received so far; `add` and `collect` may be called from different threads. clock: monotonic seconds."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._lock = clock, threading.Lock()
        self._health: HealthEvent | None = None
        self._heard = -float("inf")
        self._tracks: Counter[tuple[str, str]] = Counter()
        self._named: Counter[tuple[str, str]] = Counter()
        self._alerts: Counter[tuple[str, str]] = Counter()
        self._people: Counter[str] = Counter()
        self._lost = 0

    def add(self, item: Item) -> None:
        """Count an item of a subscriber."""
        with self._lock:
            match item:
                case Gap():
                    self._lost += 1 if item.open_end else item.last - item.first + 1
                case HealthEvent():
                    self._health, self._heard = item, self._clock()
                case TrackEvent(action=TrackAction.END):
                    state = item.evidence.state if item.evidence else State.UNKNOWN.value
                    self._tracks[item.camera, state] += 1
                case IdentityEvent():
                    self._named[item.camera, item.action.value] += 1
                case AlertEvent():
                    self._alerts[item.rule, item.action.value] += 1
                case PersonEvent():
                    self._people[item.action.value] += 1

    @property
    def health(self) -> HealthEvent | None:
        """The newest heartbeat; None before the first."""
        return self._health

    @property
    def silent_seconds(self) -> float:
        """Seconds since the newest heartbeat; infinite before the first."""
        return self._clock() - self._heard

    def collect(self) -> Iterator[Metric]:
        """All metrics, as the client library asks for them."""
        with self._lock:
            yield from self._collect_counters()
            health = self._health
        up = GaugeMetricFamily("glimpse_up", "Whether a heartbeat came within the last ten seconds")
        up.add_metric([], float(self.silent_seconds < SILENT_SECONDS))
        yield up
        if health:
            yield from _node(health)
            yield from _cameras(health)
            yield from _load(health.load) if health.load else ()

    def _collect_counters(self) -> Iterator[Metric]:
        ended = "Faces that were followed to their end, by final state"
        yield _counter("glimpse_tracks", ended, ("camera", "state"), self._tracks.items())
        named = "Names given, changed and withdrawn"
        yield _counter("glimpse_identities", named, ("camera", "action"), self._named.items())
        alerts = "Alerts, by rule and what became of them"
        yield _counter("glimpse_alerts", alerts, ("rule", "action"), self._alerts.items())
        people = (((action,), count) for action, count in self._people.items())
        yield _counter("glimpse_person_events", "What the history found out of tracks", ("action",), people)
        yield CounterMetricFamily("glimpse_lost_events", "Events that this client did not get", value=self._lost)


def _counter(name: str, text: str, labels: Sequence[str], counts: Iterable[tuple[Sequence[str], int]]) -> Metric:
    family = CounterMetricFamily(name, text, labels=labels)
    for values, count in sorted(counts):
        family.add_metric(values, count)
    return family


def _node(health: HealthEvent) -> Iterator[Metric]:
    node = InfoMetricFamily("glimpse_node", "The node that is watched")
    node.add_metric([], {"node": health.node, "version": health.version, "epoch": health.epoch})
    yield node
    figures = (
        ("glimpse_uptime_seconds", "Seconds since the node started", health.uptime),
        ("glimpse_people", "People in the gallery that is searched", health.people),
    )
    for name, text, value in figures:
        yield GaugeMetricFamily(name, text, value=value)
    quantiles = GaugeMetricFamily(
        "glimpse_recent_latency_seconds", "From frame to event since the heartbeat before", labels=("quantile",)
    )
    for quantile, seconds in (("0.5", health.latency_p50), ("0.99", health.latency_p99)):
        if seconds is not None:
            quantiles.add_metric((quantile,), seconds)
    yield quantiles


def _cameras(health: HealthEvent) -> Iterator[Metric]:
    frames = CounterMetricFamily("glimpse_frames", "Frames handed to the engine", labels=("camera",))
    dropped = CounterMetricFamily("glimpse_dropped_frames", "Frames that a newer one replaced", labels=("camera",))
    scans = CounterMetricFamily("glimpse_scans", "Frames that were searched whole", labels=("camera",))
    tracks = GaugeMetricFamily("glimpse_open_tracks", "Faces that are followed now", labels=("camera",))
    ages = GaugeMetricFamily("glimpse_frame_age_seconds", "Age of the newest frame", labels=("camera",))
    states = GaugeMetricFamily(
        "glimpse_camera_state", "1 for the state that a camera is in", labels=("camera", "state")
    )
    for name, camera in health.cameras.items():
        frames.add_metric((name,), camera.frames)
        dropped.add_metric((name,), camera.dropped)
        tracks.add_metric((name,), camera.tracks)
        if camera.scans is not None:
            scans.add_metric((name,), camera.scans)
        if camera.frame_age is not None:
            ages.add_metric((name,), camera.frame_age)
        for state in CameraState:
            states.add_metric((name, state.value), float(state is camera.state))
    yield from (frames, dropped, scans, tracks, ages, states)


def _load(load: NodeLoad) -> Iterator[Metric]:
    stages = CounterMetricFamily("glimpse_stage_seconds", "Time spent in parts of the engine's step", labels=("stage",))
    stages.add_metric(("find",), load.find_seconds)
    stages.add_metric(("embed",), load.embed_seconds)
    yield stages
    yield CounterMetricFamily("glimpse_crops", "Face crops that the recogniser read", value=load.crops)
    bounds = [*map(str, LATENCY_BUCKETS), "+Inf"]
    buckets = [(bound, float(count)) for bound, count in zip(bounds, load.latency_counts, strict=True)]
    yield HistogramMetricFamily(
        "glimpse_latency_seconds",
        "From a frame's arrival to its events",
        buckets=buckets,
        sum_value=load.latency_seconds,
    )
    yield GaugeMetricFamily("glimpse_queued_events", "Events that wait to be sent", value=load.queued)
    yield CounterMetricFamily("glimpse_unsent_events", "Events that found the queue full", value=load.unsent)
    if load.outbox_bytes is not None:
        yield GaugeMetricFamily("glimpse_outbox_bytes", "Size of the outbox", value=load.outbox_bytes)
