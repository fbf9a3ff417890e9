"""What the pipeline said of the tracks of a clip."""

from dataclasses import dataclass, field

import numpy as np

from pipeline.events import Event, TrackEvent
from pipeline.sink import FrameResult


@dataclass
class Seen:
    """One track: whether it was ever warned of and named, and the heights of its face in pixels."""

    warned: bool = False
    named: bool = False
    heights: list[float] = field(default_factory=list)

    @property
    def median_px(self) -> float:
        return float(np.median(self.heights))


@dataclass
class Told:
    """A sink that remembers what the events said of each track of one clip, by its number."""

    tracks: dict[int, Seen] = field(default_factory=dict)

    def on_event(self, event: Event) -> None:
        if isinstance(event, TrackEvent) and event.evidence:
            seen = self.tracks.setdefault(event.track, Seen())
            seen.warned |= bool(event.evidence.warnings)
            seen.named |= event.evidence.state == "named"

    def on_frame(self, result: FrameResult) -> None:
        for one in result.tracks:
            self.tracks.setdefault(one.id, Seen()).heights.append(round(one.face_px, 2))

    def close(self) -> None: ...

    @property
    def faces(self) -> list[Seen]:
        """The tracks that were faces."""
        return [seen for seen in self.tracks.values() if seen.heights]


def longest(tracks: list[Seen]) -> Seen | None:
    """The track that was seen longest; None where nothing was followed."""
    return max(tracks, key=lambda seen: len(seen.heights), default=None)


@dataclass
class Counts:
    """Clips in which the face was followed, in which it was warned of, and in which it got the right name."""

    seen: int = 0
    warned: int = 0
    named: int = 0

    def add(self, seen: Seen | None) -> None:
        """Count one clip."""
        if seen is not None:
            self.seen += 1
            self.warned += seen.warned
            self.named += seen.named

    def cell(self) -> str:
        return f"{self.warned} of {self.seen}"
