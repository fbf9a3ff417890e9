"""Whether a node works, for load balancers, containers and people."""

from dataclasses import dataclass

from pipeline.metrics.gallery_health import why_nameless
from pipeline.metrics.node_metrics import NodeMetrics
from pipeline.types import CameraState

WORKING = (CameraState.LIVE, CameraState.ENDED)


@dataclass(frozen=True, slots=True)
class Readiness:
    """ready: heartbeats come, every camera that is not at its end is live, and people are named.  reasons: why not."""

    ready: bool
    reasons: tuple[str, ...]
    cameras: dict[str, str]


def judge(metrics: NodeMetrics) -> Readiness:
    """What the newest heartbeats say; of several nodes, all must be ready, and cameras have the node before them."""
    beats = metrics.beats()
    if not beats:
        return Readiness(False, ("no heartbeat yet",), {})
    several = sum(bool(beat.health.cameras) for beat in beats) > 1
    reasons: list[str] = []
    cameras: dict[str, str] = {}
    for beat in beats:
        if metrics.is_silent(beat):
            of = f" of {beat.health.node}" if len(beats) > 1 else ""
            reasons.append(f"no heartbeat{of} for {metrics.silent_seconds(beat):.0f} s")
        elif nameless := why_nameless(beat.health.gallery):
            reasons.append(f"node {beat.health.node} {nameless}")
        for name, camera in beat.health.cameras.items():
            shown = f"{beat.health.node}/{name}" if several else name
            cameras[shown] = camera.state.value
            if camera.state not in WORKING:
                reasons.append(f"camera {shown} is {camera.state}")
    return Readiness(not reasons, tuple(reasons), cameras)
