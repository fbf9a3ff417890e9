"""The alert that `--test` sends: nobody is in it, and it belongs to no rule."""

import time
import uuid

from pipeline.events import AlertAction, AlertEvent

TEXT = "This is a test message from Glimpse. Nobody was seen."


def trial_alert(node: str, *, now: float | None = None) -> AlertEvent:
    """A new one each time. node: whose name it carries."""
    name = f"test-{uuid.uuid4().hex}"
    return AlertEvent(
        node=node,
        epoch=name,
        camera="test",
        seq=0,
        wall_time=time.time() if now is None else now,
        alert=name,
        action=AlertAction.RAISED,
        rule="test",
        text=TEXT,
        of_node=node,
        of_epoch=name,
        track=None,
        person=None,
        group=None,
        false_alarm=None,
    )
