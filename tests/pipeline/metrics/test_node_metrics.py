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
from pipeline.events import (
    AlertAction,
    AlertEvent,
    CameraHealth,
    GalleryHealth,
    HealthEvent,
    SelfCheckHealth,
    TrackAction,
)
from pipeline.load import BusLoad, LoadMeter, Stage
from pipeline.metrics.node_metrics import MAX_NODES, SILENT_SECONDS, NodeMetrics
from pipeline.types import CameraState
from tests.synthetic.events import evidence, identity, track

NODE = ("node", "node")


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
    assert found["glimpse_up", (("node", ""),)] == 0
    assert found["glimpse_lost_events_total", ()] == 0


def test_a_heartbeat_gives_the_figures_of_node_cameras_and_load() -> None:
    metrics = NodeMetrics()
    metrics.add(heartbeat())
    found = read(metrics)
    door = (("camera", "door"), NODE)
    expected = {
        ("glimpse_up", (NODE,)): 1,
        ("glimpse_frames_total", door): 90,
        ("glimpse_dropped_frames_total", door): 4,
        ("glimpse_scans_total", door): 30,
        ("glimpse_open_tracks", door): 2,
        ("glimpse_camera_state", (("camera", "door"), NODE, ("state", "live"))): 1,
        ("glimpse_camera_state", (("camera", "door"), NODE, ("state", "stalled"))): 0,
        ("glimpse_stage_seconds_total", (NODE, ("stage", "find"))): 1.5,
        ("glimpse_stage_seconds_total", (NODE, ("stage", "embed"))): 0.5,
        ("glimpse_crops_total", (NODE,)): 12,
        ("glimpse_latency_seconds_bucket", (("le", "0.05"), NODE)): 1,
        ("glimpse_latency_seconds_bucket", (("le", "0.25"), NODE)): 2,
        ("glimpse_latency_seconds_bucket", (("le", "+Inf"), NODE)): 3,
        ("glimpse_latency_seconds_count", (NODE,)): 3,
        ("glimpse_latency_seconds_sum", (NODE,)): 9.22,
        ("glimpse_queued_events", (NODE,)): 1,
        ("glimpse_unsent_events_total", (NODE,)): 2,
        ("glimpse_outbox_bytes", (NODE,)): 3,
        ("glimpse_people", (NODE,)): 5,
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
    assert found["glimpse_tracks_total", (("camera", "door"), NODE, ("state", "named"))] == 2
    assert found["glimpse_tracks_total", (("camera", "door"), NODE, ("state", "unknown"))] == 1
    assert found["glimpse_identities_total", (("action", "named"), ("camera", "door"), NODE)] == 1
    assert found["glimpse_lost_events_total", ()] == 4


def test_a_silent_node_is_down_and_its_last_figures_stay() -> None:
    clock = Clock()
    metrics = NodeMetrics(clock=clock)
    metrics.add(heartbeat())
    clock.now += SILENT_SECONDS
    found = read(metrics)
    assert (found["glimpse_up", (NODE,)], found["glimpse_people", (NODE,)]) == (0, 5)


def test_figures_of_several_nodes_stand_side_by_side() -> None:
    clock = Clock()
    metrics = NodeMetrics(clock=clock)
    metrics.add(heartbeat(people=7))
    metrics.add(heartbeat(node="yard", people=3))
    metrics.add(msgspec.structs.replace(identity(0), node="yard"))
    metrics.add(identity(0))
    metrics.add(heartbeat(node="yard.history", people=0, load=None, cameras={}))
    found = read(metrics)
    for node, people in (("node", 7), ("yard", 3)):
        label = ("node", node)
        assert found["glimpse_people", (label,)] == people
        assert found["glimpse_frames_total", (("camera", "door"), label)] == 90
        assert found["glimpse_crops_total", (label,)] == 12
        assert found["glimpse_identities_total", (("action", "named"), ("camera", "door"), label)] == 1
    clock.now += SILENT_SECONDS
    metrics.add(heartbeat())
    up = {labels: value for (name, labels), value in read(metrics).items() if name == "glimpse_up"}
    assert up == {(NODE,): 1, (("node", "yard"),): 0, (("node", "yard.history"),): 1}, "a room beats more rarely"


def test_invented_nodes_do_not_fill_the_memory() -> None:
    metrics = NodeMetrics()
    for number in range(MAX_NODES + 5):
        metrics.add(heartbeat(node=f"n{number}"))
    assert len(metrics.beats()) == MAX_NODES


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
    assert found["glimpse_alerts_total", (("action", "raised"), ("node", "n"), ("rule", name))] == 1
    assert found["glimpse_frames_total", (("camera", name), NODE)] == 90
    assert not any("Ada" in str(key) for key in found)


def test_an_older_node_without_load_has_the_other_figures() -> None:
    metrics = NodeMetrics()
    metrics.add(heartbeat(load=None))
    found = read(metrics)
    assert found["glimpse_frames_total", (("camera", "door"), NODE)] == 90
    assert ("glimpse_crops_total", (NODE,)) not in found
    assert not any(math.isnan(value) for value in found.values())


def test_the_age_of_a_shared_gallery_and_whether_it_is_too_old_are_told_by_node() -> None:
    metrics = NodeMetrics()
    metrics.add(heartbeat(gallery=GalleryHealth(change=7, age=0.4, stale=False)))
    metrics.add(heartbeat(node="yard", gallery=GalleryHealth(change=5, age=42.0, stale=True)))
    metrics.add(heartbeat(node="new", gallery=GalleryHealth(change=0, age=None, stale=True)))
    metrics.add(heartbeat(node="file"))
    found = read(metrics)
    ages = {labels[0][1]: value for (name, labels), value in found.items() if name == "glimpse_gallery_age_seconds"}
    stale = {labels[0][1]: value for (name, labels), value in found.items() if name == "glimpse_gallery_stale"}
    assert ages == {"node": 0.4, "yard": 42.0}, "one that was never confirmed has no age"
    assert stale == {"node": 0, "yard": 1, "new": 1}


@pytest.mark.parametrize("latency", [None, 0.5])
def test_a_latency_that_is_not_known_is_left_out(latency: float | None) -> None:
    metrics = NodeMetrics()
    metrics.add(heartbeat(latency_p50=latency, latency_p99=latency))
    key = ("glimpse_recent_latency_seconds", (NODE, ("quantile", "0.5")))
    assert read(metrics).get(key) == latency


def test_the_last_self_check_is_told_and_nothing_before_the_first() -> None:
    metrics = NodeMetrics()
    metrics.add(heartbeat())
    assert not any(name.startswith("glimpse_selfcheck") for name, _ in read(metrics))
    metrics.add(heartbeat(selfcheck=SelfCheckHealth(checked_at=1700.0, cameras=3, findings=2, worst="door: blur")))
    found = {name: value for (name, labels), value in read(metrics).items() if labels == (NODE,)}
    assert found["glimpse_selfcheck_findings"] == 2
    assert found["glimpse_selfcheck_cameras"] == 3
    assert found["glimpse_selfcheck_timestamp_seconds"] == 1700
