"""Whether a node works, for load balancers, containers and people."""

from dataclasses import dataclass

from pipeline.metrics.node_metrics import SILENT_SECONDS, NodeMetrics
from pipeline.types import CameraState

WORKING = (CameraState.LIVE, CameraState.ENDED)


@dataclass(frozen=True, slots=True)
class Readiness:
    """ready: heartbeats come and every camera that is not at its end is live.  reasons: why it is not."""

    ready: bool
    reasons: tuple[str, ...]
    cameras: dict[str, str]


def judge(metrics: NodeMetrics) -> Readiness:
    """What the newest heartbeat says."""
    health = metrics.health
    if health is None:
        return Readiness(False, ("no heartbeat yet",), {})
    reasons = []
    if metrics.silent_seconds >= SILENT_SECONDS:
        reasons.append(f"no heartbeat for {metrics.silent_seconds:.0f} s")
    working = (CameraState.LIVE, CameraState.ENDED)
    reasons += [
        f"camera {name} is {camera.state}" for name, camera in health.cameras.items() if camera.state not in working
    ]
    cameras = {name: camera.state.value for name, camera in health.cameras.items()}
    return Readiness(not reasons, tuple(reasons), cameras)
