"""Lets a sink fail alone while cameras are watched: a full disk ends the film, not the watch.

Recordings are not run this way: hours of work for a report that cannot be written should end at once.
"""

import logging
from collections.abc import Callable

from pipeline.events import Event
from pipeline.sink import FrameResult, Sink

log = logging.getLogger(__name__)


class SinkGuard:
    """A sink that passes everything on until that fails with an OSError, says so once, and is silent from then on.

    `close` raises the failure, so that the run does not end as if nothing had happened.
    """

    def __init__(self, sink: Sink, name: str) -> None:
        self._sink = sink
        self._name = name
        self._failure: OSError | None = None

    def on_event(self, event: Event) -> None:
        """Pass on one event."""
        self._try(lambda: self._sink.on_event(event))

    def on_frame(self, view: FrameResult) -> None:
        """Pass on one frame."""
        self._try(lambda: self._sink.on_frame(view))

    def close(self) -> None:
        """Close the sink, also one that failed. Raises the OSError that silenced it."""
        failed_before = self._failure
        try:
            self._sink.close()
        except OSError as error:
            self._failure = failed_before or error
        if self._failure:
            raise self._failure

    def _try(self, call: Callable[[], None]) -> None:
        if self._failure:
            return
        try:
            call()
        except OSError as error:
            self._failure = error
            log.error("%s: %s; it is not continued, the cameras are", self._name, error)
