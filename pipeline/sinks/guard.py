"""Isolates a failing sink while cameras are watched: a full disk stops the video, not the run.

Recordings run without it: hours of work for a report that cannot be written should end at once.
"""

import logging
from collections.abc import Callable

from pipeline.events import Event
from pipeline.sink import FrameResult, Sink

log = logging.getLogger(__name__)


class SinkGuard:
    """Forwards to a sink until a call raises OSError, logs that error once, and then drops all further calls.

    `close` raises the error with the number of dropped events and frames, so that the exit code shows the failure.
    """

    def __init__(self, sink: Sink, name: str) -> None:
        self._sink = sink
        self._name = name
        self._failure: OSError | None = None
        self._lost_events = self._lost_frames = 0

    def on_event(self, event: Event) -> None:
        """Forward an event."""
        self._lost_events += not self._forward(lambda: self._sink.on_event(event))

    def on_frame(self, result: FrameResult) -> None:
        """Forward a frame."""
        self._lost_frames += not self._forward(lambda: self._sink.on_frame(result))

    def close(self) -> None:
        """Close the sink even if it failed. Raises OSError with the first failure and the number of losses."""
        earlier_failure = self._failure
        try:
            self._sink.close()
        except OSError:
            if earlier_failure is None:
                raise
        if earlier_failure:
            lost = f"lost frames: {self._lost_frames}, lost events: {self._lost_events}"
            raise OSError(f"{self._name}: {earlier_failure}; {lost}") from earlier_failure

    def _forward(self, call: Callable[[], None]) -> bool:
        """Whether the sink took the call."""
        if self._failure:
            return False
        try:
            call()
        except OSError as error:
            self._failure = error
            log.error("%s: %s; this output stops, the cameras go on", self._name, error)
            return False
        return True
