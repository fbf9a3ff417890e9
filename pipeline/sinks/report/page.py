"""What the page tells, before it is laid out: the whole story of a run, and how much of it is there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.events import CameraEvent
from pipeline.sinks.report.records import TrackRecord
from pipeline.types import CameraState, Frame

# How ends that came before the end of a recording are worded; watching a camera ends no other way.
_STOPPED = ("interrupted", "stopped", "the window", "the reader")
_BROKEN = ("failed", "reading broke off")


@dataclass(slots=True)
class CameraStory:
    """What became of one camera. Times are media seconds; wall times Unix seconds."""

    name: str
    state: CameraState = CameraState.CONNECTING
    reason: str = ""
    final: bool = False
    width: int = 0
    height: int = 0
    frames: int = 0
    first: float = 0.0
    last: float = 0.0
    first_wall: float = 0.0
    last_wall: float = 0.0
    interruptions: int = 0

    def heard(self, event: CameraEvent) -> None:
        """Take in a change of state."""
        self.interruptions += event.state in (CameraState.STALLED, CameraState.RECONNECTING)
        self.state, self.reason, self.final = event.state, event.reason, event.final

    def saw(self, frame: Frame) -> None:
        """Count a frame."""
        if not self.frames:
            self.first, self.first_wall = frame.media_time, frame.wall_time
        self.frames += 1
        self.height, self.width = frame.image.shape[:2]
        self.last, self.last_wall = max(self.last, frame.media_time), frame.wall_time

    @property
    def seconds(self) -> float:
        return max(0.0, self.last - self.first)

    def cut_short(self, *, live: bool) -> str:
        """Why this camera's story is not whole; empty when it is."""
        if not self.final:
            return f"the run ended before it did (last state: {self.state.value})"
        broken = self.state is CameraState.FAILED or self.reason.startswith(_BROKEN)
        if broken or (not live and self.reason.startswith(_STOPPED)):
            return self.reason or self.state.value
        return ""


@dataclass(frozen=True, slots=True)
class Story:
    """All that the page is made from; `times`: Unix seconds when the run began and when this was written."""

    title: str
    settings_text: str
    facts: Mapping[str, str]
    live: bool
    running: bool
    times: tuple[float, float]
    records: Sequence[TrackRecord]
    cameras: Sequence[CameraStory]

    @property
    def gaps(self) -> list[str]:
        """Sentences on what is missing; none for a whole story."""
        if self.running:
            return ["The run was still going when this page was written."]
        if not self.cameras:
            return ["No camera was heard of before the run ended."]
        ends = ((camera.name, camera.cut_short(live=self.live)) for camera in self.cameras)
        return [f"{name}: {why}." for name, why in ends if why]
