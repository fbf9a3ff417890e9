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

    `close` raises the error, so that the exit code shows the failure.
    """

    def __init__(self, sink: Sink, name: str) -> None:
        self._sink = sink
        self._name = name
        self._failure: OSError | None = None

    def on_event(self, event: Event) -> None:
        """Forward an event."""
        self._forward(lambda: self._sink.on_event(event))

    def on_frame(self, result: FrameResult) -> None:
        """Forward a frame."""
        self._forward(lambda: self._sink.on_frame(result))

    def close(self) -> None:
        """Close the sink even if it failed. Raises the first OSError."""
        earlier_failure = self._failure
        try:
            self._sink.close()
        except OSError as error:
            self._failure = earlier_failure or error
        if self._failure:
            raise self._failure

    def _forward(self, call: Callable[[], None]) -> None:
        if self._failure:
            return
        try:
            call()
        except OSError as error:
            self._failure = error
            log.error("%s: %s; this output stops, the cameras go on", self._name, error)
