"""Logs what an operator needs without a subscriber: camera states and names.

The log may hold names, because everyone with access to a node's log also has access to its report.
"""

import logging
from collections.abc import Callable, Container

from pipeline.capture.devices import describe_devices, list_devices
from pipeline.events import CameraEvent, Event, HealthEvent, IdentityEvent, TrackAction, TrackEvent
from pipeline.sink import FrameResult
from pipeline.sinks.candidate import format_candidate
from pipeline.site.clocks import why_camera_clock, why_node_clock
from pipeline.types import CameraState

log = logging.getLogger("glimpse")

_WARNING_STATES = (CameraState.STALLED, CameraState.RECONNECTING, CameraState.FAILED)


class LogSink:
    """A sink that writes a log line for each change of a camera's state or a track's name, and for each candidate.

    webcams: names of the sources that are devices of this machine; where one fails, the devices found are listed.
    """

    def __init__(self, webcams: Container[str] = (), *, devices: Callable[[], dict[str, str]] = list_devices) -> None:
        self._webcams, self._devices = webcams, devices
        self._failing: set[str] = set()
        self._clocks_off: set[str] = set()

    def on_event(self, event: Event) -> None:
        """Log camera states, names given, changed or retracted, candidates at the end, and clocks that are off."""
        if isinstance(event, CameraEvent):
            self._log_camera(event)
        elif isinstance(event, IdentityEvent):
            person = event.person or f"no longer {event.previous}"
            text = f"track {event.track} {event.action} {person} at {event.media_time:.1f} s"
            log.info("%s: %s", event.camera, text, extra={"camera": event.camera})
        elif isinstance(event, TrackEvent) and event.action is TrackAction.END:
            if candidate := format_candidate(event.evidence):
                text = f"track {event.track} ended as {candidate}"
                log.info("%s: %s", event.camera, text, extra={"camera": event.camera})
        elif isinstance(event, HealthEvent):
            self._log_clocks(event)

    def _log_camera(self, event: CameraEvent) -> None:
        level = logging.WARNING if event.state in _WARNING_STATES else logging.INFO
        size = f" {event.width}x{event.height}" if event.width else ""
        reason = f" ({event.reason})" if event.reason else ""
        words = (event.camera, event.state, size, reason, self._advice(event))
        log.log(level, "%s: %s%s%s%s", *words, extra={"camera": event.camera})

    def _log_clocks(self, event: HealthEvent) -> None:
        """Say once that a clock is off, of a camera or of this node, and once that it is right again."""
        off = {name: why_camera_clock(health.clock_offset) for name, health in event.cameras.items()}
        off |= {"": why_node_clock(event.clock)}
        for name, why in off.items():
            who, camera = (name or "this node"), {"camera": name}
            if why and name not in self._clocks_off:
                log.warning("%s: %s", who, why, extra=camera)
            elif not why and name in self._clocks_off:
                log.info("%s: its clock is right again", who, extra=camera)
        self._clocks_off = {name for name, why in off.items() if why}

    def _advice(self, event: CameraEvent) -> str:
        """That a lost camera is tried again; of a webcam once, until it is back, which devices there are."""
        if event.state is CameraState.LIVE:
            self._failing.discard(event.camera)
        if event.state is not CameraState.RECONNECTING:
            return ""
        first = event.camera not in self._failing
        self._failing.add(event.camera)
        found = f"; {describe_devices(self._devices())}" if first and event.camera in self._webcams else ""
        return f"; trying again{found}"

    def on_frame(self, result: FrameResult) -> None:
        """Do nothing: a line for each frame would flood the log."""

    def close(self) -> None:
        """Nothing to close."""
