"""Tracks in the form of Frigate's `frigate/events`, so that automations made for it can be used.

https://docs.frigate.video/integrations/mqtt/#frigateevents. What Glimpse does not have (zones, clips, snapshots) is
empty or false. A person's name stands in `sub_label`.
"""

import hashlib
from typing import Any

from pipeline.alerts.mqtt.state import NAMED, NodeState, face_key
from pipeline.events import TrackAction, TrackEvent

LABEL = "person"


def frigate_message(event: TrackEvent, state: NodeState) -> dict[str, Any]:
    """`type`, `before` and `after` of a track event; call it before the state takes the event in."""
    face = state.faces.get(face_key(event))
    before = face.shown if face else {}
    after = _describe(event, before)
    if event.action is TrackAction.END:
        kind = "end"
    else:
        kind = "update" if before else "new"
    return {"type": kind, "before": before or after, "after": after}


def _describe(event: TrackEvent, before: dict[str, Any]) -> dict[str, Any]:
    label, found = before.get("sub_label"), event.evidence
    if found:
        label = [found.person, found.score] if found.state == NAMED and found.person else None
    x1, y1, x2, y2 = box = [round(edge) for edge in event.box]
    width, height = x2 - x1, y2 - y1
    start = before.get("start_time", round(event.wall_time - event.age, 6))
    is_over = event.action is TrackAction.END
    return {
        "id": f"{start:.6f}-{hashlib.sha256(face_key(event).encode()).hexdigest()[:6]}",
        "camera": event.camera,
        "frame_time": event.wall_time,
        "snapshot": None,
        "label": LABEL,
        "sub_label": label,
        "top_score": max(event.score, before.get("top_score", 0.0)),
        "false_positive": False,
        "start_time": start,
        "end_time": event.wall_time if is_over else None,
        "score": event.score,
        "box": box,
        "area": width * height,
        "ratio": round(width / height, 3) if height else 0.0,
        "region": box,
        "active": not is_over,
        "stationary": False,
        "motionless_count": 0,
        "position_changes": 0,
        "current_zones": [],
        "entered_zones": [],
        "attributes": {},
        "current_attributes": [],
        "has_clip": False,
        "has_snapshot": False,
        "thumbnail": None,
    }
