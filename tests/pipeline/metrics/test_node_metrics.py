"""Metrics of a node: what each event counts, and that Prometheus can read them."""

import math
from typing import Any

import msgspec
import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from pipeline.bus.reorder import Gap
from pipeline.event_factory import EventFactory
from pipeline.events import AlertAction, AlertEvent, CameraHealth, HealthEvent, TrackAction
from pipeline.load import BusLoad, LoadMeter, Stage
from pipeline.metrics.node_metrics import SILENT_SECONDS, NodeMetrics
from pipeline.types import CameraState
from tests.synthetic.events import evidence, identity, track


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def heartbeat(name: str = "door", **changes: Any) -> HealthEvent:
    meter = LoadMeter()
    meter.add_stage(Stage.FIND, 1.5)
    meter.add_stage(Stage.EMBED, 0.5, crops=12)
    for latency in (0.02, 0.2, 9.0):
        meter.add_latency(latency)
    camera = CameraHealth(state=CameraState.LIVE, frames=90, dropped=4, tracks=2, scans=30, frame_age=0.1)
    event = EventFactory("node", "e").health(
        0.0, {name: camera}, uptime=60.0, people=5, latency=(0.1, 0.2), load=meter.read(BusLoad(1, 2, 3))
    )
    return msgspec.structs.replace(event, **changes)


def read(metrics: NodeMetrics) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """The samples as Prometheus parses them, by name and labels."""
    registry = CollectorRegistry()
    registry.register(metrics)
    families = text_string_to_metric_families(generate_latest(registry).decode())
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in families
        for sample in family.samples
    }


def test_a_node_that_was_not_heard_yet_is_down() -> None:
    found = read(NodeMetrics())
    assert found["glimpse_up", ()] == 0
    assert found["glimpse_lost_events_total", ()] == 0


def test_a_heartbeat_gives_the_figures_of_node_cameras_and_load() -> None:
    metrics = NodeMetrics()
    metrics.add(heartbeat())
    found = read(metrics)
    door = (("camera", "door"),)
    expected = {
        ("glimpse_up", ()): 1,
        ("glimpse_frames_total", door): 90,
        ("glimpse_dropped_frames_total", door): 4,
        ("glimpse_scans_total", door): 30,
        ("glimpse_open_tracks", door): 2,
        ("glimpse_camera_state", (("camera", "door"), ("state", "live"))): 1,
        ("glimpse_camera_state", (("camera", "door"), ("state", "stalled"))): 0,
        ("glimpse_stage_seconds_total", (("stage", "find"),)): 1.5,
        ("glimpse_stage_seconds_total", (("stage", "embed"),)): 0.5,
        ("glimpse_crops_total", ()): 12,
        ("glimpse_latency_seconds_bucket", (("le", "0.05"),)): 1,
        ("glimpse_latency_seconds_bucket", (("le", "0.25"),)): 2,
        ("glimpse_latency_seconds_bucket", (("le", "+Inf"),)): 3,
        ("glimpse_latency_seconds_count", ()): 3,
        ("glimpse_latency_seconds_sum", ()): 9.22,
        ("glimpse_queued_events", ()): 1,
        ("glimpse_unsent_events_total", ()): 2,
        ("glimpse_outbox_bytes", ()): 3,
        ("glimpse_people", ()): 5,
    }
    assert {key: found.get(key) for key in expected} == expected


def test_events_are_counted() -> None:
    metrics = NodeMetrics()
    for number, name in enumerate(("Ada", None, "Ada")):
        end = track(number, track=number, action=TrackAction.END, evidence=evidence(name) if name else None)
        metrics.add(end)
    metrics.add(track(3))
    metrics.add(identity(0))
    metrics.add(Gap("e", "v1/track/door/", 3, 5))
    metrics.add(Gap("e", "v1/track/door/", 9, 9, open_end=True))
    found = read(metrics)
    assert found["glimpse_tracks_total", (("camera", "door"), ("state", "named"))] == 2
    assert found["glimpse_tracks_total", (("camera", "door"), ("state", "unknown"))] == 1
    assert found["glimpse_identities_total", (("action", "named"), ("camera", "door"))] == 1
    assert found["glimpse_lost_events_total", ()] == 4


def test_a_silent_node_is_down_and_its_last_figures_stay() -> None:
    clock = Clock()
    metrics = NodeMetrics(clock=clock)
    metrics.add(heartbeat())
    clock.now += SILENT_SECONDS
    found = read(metrics)
    assert (found["glimpse_up", ()], found["glimpse_people", ()]) == (0, 5)
    assert metrics.silent_seconds == SILENT_SECONDS


def test_hostile_names_of_rules_and_cameras_are_labels_and_no_more() -> None:
    name = 'a"} 1\nglimpse_up 1 #\\'
    metrics = NodeMetrics()
    metrics.add(
        AlertEvent(
            node="n",
            epoch="e",
            camera=name,
            seq=0,
            wall_time=0.0,
            alert="1",
            action=AlertAction.RAISED,
            rule=name,
            text="",
            of_node="n",
            of_epoch="e",
            track=None,
            person="Ada",
            group=None,
            false_alarm=None,
        )
    )
    metrics.add(heartbeat(name, wall_time=1.0))
    found = read(metrics)
    assert found["glimpse_alerts_total", (("action", "raised"), ("rule", name))] == 1
    assert found["glimpse_frames_total", (("camera", name),)] == 90
    assert not any("Ada" in str(key) for key in found)


def test_an_older_node_without_load_has_the_other_figures() -> None:
    metrics = NodeMetrics()
    metrics.add(heartbeat(load=None))
    found = read(metrics)
    assert found["glimpse_frames_total", (("camera", "door"),)] == 90
    assert ("glimpse_crops_total", ()) not in found
    assert not any(math.isnan(value) for value in found.values())


@pytest.mark.parametrize("latency", [None, 0.5])
def test_a_latency_that_is_not_known_is_left_out(latency: float | None) -> None:
    metrics = NodeMetrics()
    metrics.add(heartbeat(latency_p50=latency, latency_p99=latency))
    key = ("glimpse_recent_latency_seconds", (("quantile", "0.5"),))
    assert read(metrics).get(key) == latency
