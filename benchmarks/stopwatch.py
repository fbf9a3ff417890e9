"""Stopwatches round the parts an engine is given: each does what the part does and adds up the time it took."""

import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from pipeline.events import Event
from pipeline.sink import FrameResult, Sink
from pipeline.tracks.matcher import Matcher
from recognizer.base import Decision
from recognizer.evidence import Evidence


@dataclass
class Stopwatch:
    """Adds up how long the calls it is put round take."""

    seconds: dict[str, float] = field(default_factory=lambda: defaultdict(float))

    def round(self, stage: str, call: Callable[..., Any]) -> Callable[..., Any]:
        """The same callable, timed."""

        def timed(*given: Any, **named: Any) -> Any:
            began = time.perf_counter()
            try:
                return call(*given, **named)
            finally:
                self.seconds[stage] += time.perf_counter() - began

        return timed


class TimedSink:
    """A sink, timed as `sinks`."""

    def __init__(self, sink: Sink, watch: Stopwatch) -> None:
        self._event, self._frame = watch.round("sinks", sink.on_event), watch.round("sinks", sink.on_frame)
        self._close = watch.round("sinks", sink.close)

    def on_event(self, event: Event) -> None:
        self._event(event)

    def on_frame(self, view: FrameResult) -> None:
        self._frame(view)

    def close(self) -> None:
        self._close()


class TimedMatcher:
    """A judge whose decisions are timed as `decide`."""

    def __init__(self, judge: Matcher, watch: Stopwatch) -> None:
        self._judge, self._decide = judge, watch.round("decide", judge.decide)

    def decide(self, evidence: Evidence, previous: Decision | None) -> Decision:
        return self._decide(evidence, previous)  # type: ignore[no-any-return]

    def refresh(self) -> bool:
        return self._judge.refresh()

    @property
    def people(self) -> int:
        return self._judge.people
