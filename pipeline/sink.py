"""Where results go. The engine calls every sink in its own thread, so a sink returns at once or costs frames."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from detectors.base import Detections
from pipeline.events import Event
from pipeline.types import Frame, Track
from recognizer.base import Decision


@dataclass(frozen=True, slots=True)
class FrameResult:
    """All that is known of one processed frame.

    detections: everything the detector found, also boxes too weak for a track.
    tracks: tracks seen in this very frame.  decisions: by track id, for those compared at least once.
    """

    frame: Frame
    detections: Detections
    tracks: tuple[Track, ...]
    decisions: Mapping[int, Decision]


class Sink(Protocol):
    """A consumer inside the process: the bus, a JSONL file, the report, a video, a window.

    Per frame the engine calls `event` for each event of that frame, in order, then `frame` once.
    """

    def on_event(self, event: Event) -> None: ...

    def on_frame(self, view: FrameResult) -> None: ...

    def close(self) -> None: ...
