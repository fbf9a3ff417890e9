"""What the report keeps of each track and camera: figures only, no frames and no embeddings."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pipeline.events import CameraEvent, Evidence, IdentityEvent
from pipeline.types import CameraState, Frame
from recognizer.base import State

# Reasons of an `ended` event that mean a recording was not read to its end; a live camera ends no other way.
_STOP_REASONS = ("interrupted", "stopped", "the window", "the reader")
_FAILURE_REASONS = ("failed", "reading broke off")


@dataclass(frozen=True, slots=True)
class Moment:
    """Where a track begins in a video. seconds: from the video's start.  link: to the video, empty where only its name
    is known."""

    video: str
    seconds: float
    link: str = ""


@dataclass(frozen=True, slots=True)
class NameChange:
    """A name that was given, changed or retracted at a media time in seconds."""

    time: float
    person: str | None
    previous: str | None
    score: float

    @staticmethod
    def of(event: IdentityEvent) -> "NameChange":
        return NameChange(event.media_time, event.person, event.previous, event.evidence.score)


def median_of_counts(counts: Counter[int]) -> int:
    """The lower median of values that are given with how often each occurred; 0 without any."""
    remaining = counts.total() // 2 + counts.total() % 2
    for value in sorted(counts):
        remaining -= counts[value]
        if remaining <= 0:
            return value
    return 0


@dataclass(slots=True)
class TrackRecord:
    """The figures of one track.

    first, last: media seconds.  first_wall, last_wall: Unix seconds.  crop: file name of its best crop.
    size_counts: frames by face height in tenths of a pixel, so that a long track needs no more memory; after `settle`
    the median and the largest alone.
    """

    camera: str
    track: int
    first: float
    last: float
    first_wall: float = 0.0
    last_wall: float = 0.0
    frames: int = 0
    size_counts: Counter[int] = field(default_factory=Counter)
    evidence: Evidence | None = None
    changes: list[NameChange] = field(default_factory=list)
    end_reason: str = ""
    ended: bool = False
    crop: str = ""

    def add_frame(self, time: float, wall_time: float, face_px: float) -> None:
        """Count a frame in which the track was seen."""
        self.frames += 1
        self.last, self.last_wall = max(self.last, time), wall_time
        self.size_counts[round(face_px * 10)] += 1

    def settle(self) -> None:
        """Keep of the face heights what is asked of a track that has ended: thousands of tracks stay in memory."""
        if self.size_counts:
            median, largest = median_of_counts(self.size_counts), max(self.size_counts)
            self.size_counts = Counter({largest: 1}) + Counter({median: self.frames})

    @property
    def name(self) -> str:
        """The name of the track in files and links."""
        return f"{self.camera}-{self.track}"

    @property
    def duration(self) -> float:
        return max(0.0, self.last - self.first)

    @property
    def state(self) -> State:
        """The last decision; unknown for a track that was never compared."""
        return State(self.evidence.state) if self.evidence else State.UNKNOWN

    @property
    def person(self) -> str | None:
        """The nearest person: the name of a named track, a possible name of a candidate or ambiguous one."""
        return self.evidence.person if self.evidence else None

    @property
    def named_at(self) -> float | None:
        """When the track got its final name; None if it has none."""
        times = [change.time for change in self.changes if change.person is not None]
        return times[-1] if times and self.state is State.NAMED else None

    @property
    def max_px(self) -> float:
        """The largest face height in pixels."""
        return max(self.size_counts, default=0) / 10

    @property
    def median_px(self) -> float:
        """The lower median of the face heights in pixels."""
        return median_of_counts(self.size_counts) / 10

    @property
    def sort_key(self) -> tuple[str, float, int]:
        """Sorts every list in the report: by camera, then by first frame."""
        return self.camera, self.first, self.track


@dataclass(slots=True)
class CameraRecord:
    """The figures of one camera. first, last: media seconds.  first_wall, last_wall: Unix seconds.

    dropped: frames of a live camera that came while earlier ones were processed.
    """

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
    dropped: int = 0

    def add_event(self, event: CameraEvent) -> None:
        """Record a change of state."""
        self.interruptions += event.state in (CameraState.STALLED, CameraState.RECONNECTING)
        self.state, self.reason, self.final = event.state, event.reason, event.final

    def add_frame(self, frame: Frame) -> None:
        """Count a frame."""
        if not self.frames:
            self.first, self.first_wall = frame.media_time, frame.wall_time
        self.frames += 1
        self.width, self.height = frame.size
        self.last, self.last_wall = max(self.last, frame.media_time), frame.wall_time

    @property
    def seconds(self) -> float:
        return max(0.0, self.last - self.first)

    def why_incomplete(self, *, live: bool) -> str:
        """Return why the camera was not watched to its end; empty if it was."""
        if not self.final:
            return f"the run ended before the camera did (last state: {self.state.value})"
        failed = self.state is CameraState.FAILED or self.reason.startswith(_FAILURE_REASONS)
        if failed or (not live and self.reason.startswith(_STOP_REASONS)):
            return self.reason or self.state.value
        return ""


@dataclass(frozen=True, slots=True)
class ReportData:
    """Everything the page shows. times: Unix seconds of the start of the run and of this page.

    portraits: enrolled pictures (WebP) by person.  moments: where tracks can be watched, by the track's name.
    strangers: groups of tracks without a name that are probably one person each.
    dropped: how many earlier tracks are no longer kept.
    """

    title: str
    settings_text: str
    facts: Mapping[str, str]
    live: bool
    running: bool
    times: tuple[float, float]
    records: Sequence[TrackRecord]
    cameras: Sequence[CameraRecord]
    portraits: Mapping[str, bytes] = field(default_factory=dict)
    moments: Mapping[str, Moment] = field(default_factory=dict)
    strangers: Sequence[Sequence[TrackRecord]] = ()
    dropped: int = 0

    @property
    def warnings(self) -> list[str]:
        """Sentences on what is missing; empty for a complete run."""
        return [*self._state_warnings(), *self._drop_warnings()]

    def _drop_warnings(self) -> list[str]:
        if not self.dropped:
            return []
        kept = f"Page and tracks.csv are of the newest {len(self.records)} tracks"
        return [f"{kept}; {self.dropped} earlier ones are in events.jsonl alone."]

    def _state_warnings(self) -> list[str]:
        if self.running:
            return ["The run was still in progress when this page was written."]
        if not self.cameras:
            return ["The run ended before any camera reported."]
        reasons = ((camera.name, camera.why_incomplete(live=self.live)) for camera in self.cameras)
        return [f"{name}: {reason}." for name, reason in reasons if reason]
