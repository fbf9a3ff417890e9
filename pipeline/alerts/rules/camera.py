"""A camera gives no picture, or nothing is heard from a node."""

from pipeline.alerts.cause import Cause
from pipeline.alerts.rules.rule import Rule
from pipeline.alerts.views import CameraView, NodeView


class CameraRule(Rule):
    """`down_seconds` counts for both; with `nodes: false` it is about cameras alone."""

    def on_camera(self, camera: CameraView, now: float) -> Cause | None:
        if camera.down_since is None or now - camera.down_since < self.settings.down_seconds:
            return None
        reason = f" ({camera.reason})" if camera.reason else ""
        return Cause(
            key=f"{camera.node}/{camera.camera}/{camera.down_since:.3f}",
            subject=f"camera/{camera.node}/{camera.camera}",
            at=now,
            who=f"camera {camera.camera}",
            what=f"has been {camera.state} for {now - camera.down_since:.0f} s{reason}",
            node=camera.node,
            epoch=camera.epoch,
            camera=camera.camera,
            seconds=now - camera.down_since,
        )

    def on_node(self, node: NodeView, now: float, started: float) -> Cause | None:
        silent = now - max(node.heard or started, started)
        if not self.settings.nodes or silent < self.settings.down_seconds:
            return None
        name = node.node or node.stream
        return Cause(
            key=f"{node.stream}/{node.heard}",
            subject=f"node/{node.stream}",
            at=now,
            who=f"node {name}",
            what=f"has been silent for {silent:.0f} s",
            node=node.node,
            epoch=node.epoch,
            camera="",
            seconds=silent,
        )
