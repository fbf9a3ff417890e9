"""The interface of a sink: a consumer of events and frames inside the process."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from detectors.base import Detections
from pipeline.events import Event
from pipeline.types import Frame, Track
from recognizer.base import Decision
from recognizer.evidence import Evidence


@dataclass(frozen=True, slots=True)
class FrameResult:
    """A processed frame and everything that was found in it.

    detections: all faces the detector found, including those too weak for a track.
    tracks: the tracks seen in this frame.
    decisions: by track id, for tracks that were compared with the gallery at least once.
    pooled: by track id, what those tracks' crops have in common; it goes on changing, and holds biometric vectors.
    """

    frame: Frame
    detections: Detections
    tracks: tuple[Track, ...]
    decisions: Mapping[int, Decision]
    pooled: Mapping[int, Evidence] = field(default_factory=dict)


class Sink(Protocol):
    """A consumer inside the process: the bus, a JSONL file, the report, a video, a window.

    For each frame the engine calls `on_event` for each event of that frame, in order, and then `on_frame` once. It
    calls every sink on its own thread, so a sink that does not return at once delays the next frame.
    """

    def on_event(self, event: Event) -> None: ...

    def on_frame(self, result: FrameResult) -> None: ...

    def close(self) -> None: ...
