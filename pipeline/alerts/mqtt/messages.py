"""What is published: the retained state of people and cameras, and events as they happen."""

import math
from typing import Any

from pipeline.alerts.mqtt.state import NodeState, Sight
from pipeline.events import AlertAction, AlertEvent, IdentityAction, IdentityEvent
from pipeline.site.site_time import utc
from pipeline.types import CameraState

EVENT_TYPES = (*map(str, IdentityAction), *(f"alert_{action}" for action in AlertAction))
SEEN_STEP_SECONDS = 10.0
"""How often `last_seen` moves while somebody stays in view: each change is a row in Home Assistant's database."""


def person_message(name: str, sight: Sight | None, *, in_view: bool, present: bool) -> dict[str, Any]:
    """The state of one person; nulls for somebody who was never seen."""
    seen = None
    if sight:
        seen = math.floor(sight.time / SEEN_STEP_SECONDS) * SEEN_STEP_SECONDS if in_view else sight.time
    return {
        "person": name,
        "present": "ON" if present else "OFF",
        "camera": sight.camera if sight else None,
        "last_seen": None if seen is None else utc(seen),
    }


def camera_message(name: str, state: NodeState) -> dict[str, Any]:
    """The state of one camera, and who is in its view."""
    camera = state.cameras[name]
    return {
        "camera": name,
        "state": camera.state,
        "connected": "ON" if camera.state == CameraState.LIVE else "OFF",
        "reason": camera.reason,
        "persons": state.count_faces(name),
        "names": state.names_in_view(name),
    }


def event_message(event: IdentityEvent | AlertEvent, message_id: str, dropped: int) -> dict[str, Any]:
    """An event for Home Assistant's event entity. dropped: earlier events that were never published."""
    common = {"id": message_id, "time": utc(event.wall_time), "camera": event.camera, "dropped": dropped}
    if isinstance(event, AlertEvent):
        return common | {
            "event_type": f"alert_{event.action}",
            "alert": event.alert,
            "rule": event.rule,
            "text": event.text,
            "level": event.level,
            "person": event.person,
            "group": event.group,
            "track": event.track,
            "false_alarm": event.false_alarm,
            "face_px": event.face_px,
            "by": event.by,
        }
    return common | {
        "event_type": str(event.action),
        "person": event.person,
        "previous": event.previous,
        "track": event.track,
        "score": event.evidence.score,
        "false_alarm": event.evidence.false_alarm,
        "face_px": event.face_px,
    }
