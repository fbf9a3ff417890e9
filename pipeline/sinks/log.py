"""Says in the log what a person on call wants to know without subscribing: cameras up and down, and who was named.

The one surprising decision: names are logged, since whoever may read a node's log may read its report.
"""

import logging

from pipeline.events import CameraEvent, Event, IdentityEvent
from pipeline.sink import FrameResult
from pipeline.types import CameraState

log = logging.getLogger("glimpse")

_TROUBLE = (CameraState.STALLED, CameraState.RECONNECTING, CameraState.FAILED)


class LogSink:
    """A sink of one log line per change."""

    def on_event(self, event: Event) -> None:
        """Log camera states (trouble as a warning) and names given, changed and taken back."""
        if isinstance(event, CameraEvent):
            level = logging.WARNING if event.state in _TROUBLE else logging.INFO
            size = f" {event.width}x{event.height}" if event.width else ""
            log.log(level, "%s: %s%s%s", event.camera, event.state, size, f" ({event.reason})" if event.reason else "")
        elif isinstance(event, IdentityEvent):
            who = event.person or f"no longer {event.previous}"
            log.info("%s: track %d %s %s at %.1f s", event.camera, event.track, event.action, who, event.media_time)

    def on_frame(self, view: FrameResult) -> None:
        """Nothing: one line a frame would be a flood."""

    def close(self) -> None:
        """Nothing to close."""
