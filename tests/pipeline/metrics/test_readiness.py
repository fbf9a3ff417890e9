"""When a node counts as working."""

import pytest

from pipeline.event_factory import EventFactory
from pipeline.events import CameraHealth, GalleryHealth, HealthEvent
from pipeline.metrics.node_metrics import SILENT_SECONDS, NodeMetrics
from pipeline.metrics.readiness import judge
from pipeline.types import CameraState


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def heartbeat(*states: CameraState, node: str = "node", gallery: GalleryHealth | None = None) -> HealthEvent:
    cameras = {
        f"c{number}": CameraHealth(state=state, frames=0, dropped=0, tracks=0, frame_age=None)
        for number, state in enumerate(states)
    }
    return EventFactory(node, "e").health(0.0, cameras, uptime=1.0, people=0, latency=(None, None), gallery=gallery)


def test_it_is_not_ready_before_the_first_heartbeat() -> None:
    assert judge(NodeMetrics()).reasons == ("no heartbeat yet",)


@pytest.mark.parametrize(
    ("states", "reasons"),
    [
        ([CameraState.LIVE, CameraState.ENDED], ()),
        ([], ()),
        ([CameraState.LIVE, CameraState.STALLED], ("camera c1 is stalled",)),
        ([CameraState.CONNECTING, CameraState.FAILED], ("camera c0 is connecting", "camera c1 is failed")),
    ],
)
def test_every_camera_must_be_live(states: list[CameraState], reasons: tuple[str, ...]) -> None:
    metrics = NodeMetrics()
    metrics.add(heartbeat(*states))
    found = judge(metrics)
    assert (found.ready, found.reasons) == (not reasons, reasons)
    assert list(found.cameras.values()) == states


def test_a_silent_node_is_not_ready() -> None:
    clock = Clock()
    metrics = NodeMetrics(clock=clock)
    metrics.add(heartbeat(CameraState.LIVE))
    clock.now += SILENT_SECONDS + 2
    assert judge(metrics).reasons == ("no heartbeat for 12 s",)


def test_of_several_nodes_all_must_work() -> None:
    clock = Clock()
    metrics = NodeMetrics(clock=clock)
    metrics.add(heartbeat(CameraState.LIVE))
    metrics.add(heartbeat(CameraState.STALLED, node="yard"))
    found = judge(metrics)
    assert (found.reasons, found.cameras) == (("camera yard/c0 is stalled",), {"node/c0": "live", "yard/c0": "stalled"})
    clock.now += SILENT_SECONDS
    metrics.add(heartbeat(CameraState.LIVE, node="yard"))
    assert judge(metrics).reasons == ("no heartbeat of node for 10 s",)


@pytest.mark.parametrize(
    ("age", "stale", "reasons"),
    [
        (0.4, False, ()),
        (41.6, True, ("node yard names nobody: the gallery could not be confirmed for 42 s",)),
        (None, True, ("node yard names nobody: the gallery could not be confirmed since it started",)),
    ],
)
def test_a_node_that_names_nobody_is_not_ready_until_its_gallery_is_confirmed(
    age: float | None, stale: bool, reasons: tuple[str, ...]
) -> None:
    metrics = NodeMetrics()
    metrics.add(heartbeat(CameraState.LIVE, gallery=GalleryHealth(change=7, age=0.1, stale=False)))
    metrics.add(heartbeat(CameraState.LIVE, node="yard", gallery=GalleryHealth(change=5, age=age, stale=stale)))
    found = judge(metrics)
    assert (found.ready, found.reasons) == (not reasons, reasons)
    metrics.add(heartbeat(CameraState.LIVE, node="yard", gallery=GalleryHealth(change=8, age=0.1, stale=False)))
    assert judge(metrics).ready
