"""Stopwatches around the parts of an engine: each does what the part does and adds up the time."""

import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from pipeline.events import Event
from pipeline.sink import FrameResult, Sink
from pipeline.tracks.matcher import Matcher
from recognizer.base import Decision
from recognizer.decide import DecisionRule
from recognizer.evidence import Evidence
from recognizer.gallery.copies.freshness import Freshness


@dataclass
class Stopwatch:
    """Adds up how long the wrapped calls take, by stage."""

    seconds: dict[str, float] = field(default_factory=lambda: defaultdict(float))

    def wrap(self, stage: str, call: Callable[..., Any]) -> Callable[..., Any]:
        """The same callable, timed."""

        def timed(*positional: Any, **named: Any) -> Any:
            began = time.perf_counter()
            try:
                return call(*positional, **named)
            finally:
                self.seconds[stage] += time.perf_counter() - began

        return timed


class TimedSink:
    """A sink, timed as `sinks`."""

    def __init__(self, sink: Sink, watch: Stopwatch) -> None:
        self._event, self._frame = watch.wrap("sinks", sink.on_event), watch.wrap("sinks", sink.on_frame)
        self._close = watch.wrap("sinks", sink.close)

    def on_event(self, event: Event) -> None:
        self._event(event)

    def on_frame(self, view: FrameResult) -> None:
        self._frame(view)

    def close(self) -> None:
        self._close()


class TimedMatcher:
    """A matcher whose decisions are timed as `decide`."""

    def __init__(self, matcher: Matcher, watch: Stopwatch) -> None:
        self._matcher, self._decide = matcher, watch.wrap("decide", matcher.decide)

    def decide(self, evidence: Evidence, previous: Decision | None) -> Decision:
        return self._decide(evidence, previous)  # type: ignore[no-any-return]

    def length_weight(self, length: float, face_px: float) -> float:
        return self._matcher.length_weight(length, face_px)

    def use_rule(self, rule: DecisionRule) -> None:
        self._matcher.use_rule(rule)

    def face_likeness(self, length: float, face_px: float) -> float:
        return self._matcher.face_likeness(length, face_px)

    def refresh(self) -> bool:
        return self._matcher.refresh()

    @property
    def has_news(self) -> bool:
        return self._matcher.has_news

    @property
    def freshness(self) -> Freshness | None:
        return self._matcher.freshness

    @property
    def knows_lengths(self) -> bool:
        return self._matcher.knows_lengths

    @property
    def people(self) -> int:
        return self._matcher.people
