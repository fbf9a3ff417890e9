"""What the report remembers of each track: a line of figures, never pictures or embeddings."""

from collections import Counter
from dataclasses import dataclass, field

from pipeline.events import Evidence, IdentityEvent
from recognizer.base import State


@dataclass(frozen=True, slots=True)
class Change:
    """A name given, changed or taken back at a media time in seconds."""

    time: float
    action: str
    person: str | None
    previous: str | None
    score: float

    @staticmethod
    def of(event: IdentityEvent) -> "Change":
        return Change(event.media_time, event.action.value, event.person, event.previous, event.evidence.score)


@dataclass(slots=True)
class TrackRecord:
    """One face followed through one camera. Times are media seconds; wall times Unix seconds; crop a file name."""

    camera: str
    track: int
    first: float
    last: float
    first_wall: float = 0.0
    last_wall: float = 0.0
    frames: int = 0
    sizes: Counter[int] = field(default_factory=Counter)
    evidence: Evidence | None = None
    changes: list[Change] = field(default_factory=list)
    end_reason: str = ""
    ended: bool = False
    crop: str = ""

    def seen(self, time: float, wall_time: float, face_px: float) -> None:
        """Count one frame; sizes are kept in tenths of a pixel, as a tally, so that a long track costs no more."""
        self.frames += 1
        self.last, self.last_wall = max(self.last, time), wall_time
        self.sizes[round(face_px * 10)] += 1

    @property
    def name(self) -> str:
        """Names the track in files and links."""
        return f"{self.camera}-{self.track}"

    @property
    def duration(self) -> float:
        return max(0.0, self.last - self.first)

    @property
    def state(self) -> State:
        """The last word on who it is; a track never compared is unknown."""
        return State(self.evidence.state) if self.evidence else State.UNKNOWN

    @property
    def person(self) -> str | None:
        """Whom it is nearest to: by name when named, as a possibility when candidate or ambiguous."""
        return self.evidence.person if self.evidence else None

    @property
    def named_at(self) -> float | None:
        """When the name it ended with was given."""
        given = [change.time for change in self.changes if change.person is not None]
        return given[-1] if given and self.state is State.NAMED else None

    @property
    def max_px(self) -> float:
        return max(self.sizes, default=0) / 10

    @property
    def median_px(self) -> float:
        """The lower median face height over all frames it was seen in."""
        left = self.sizes.total() // 2 + self.sizes.total() % 2
        for size in sorted(self.sizes):
            left -= self.sizes[size]
            if left <= 0:
                return size / 10
        return 0.0


def in_order(record: TrackRecord) -> tuple[str, float, int]:
    """The order of every list in the report: by camera, then by when it was first seen."""
    return record.camera, record.first, record.track
