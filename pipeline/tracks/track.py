"""What the engine remembers of one track, and how it is told in events."""

from dataclasses import dataclass
from typing import Any

from pipeline import events
from pipeline.types import Frame, Track
from recognizer.base import Decision, State
from recognizer.evidence import Evidence


@dataclass
class TrackState:
    """One track's memory: its newest snapshot, the evidence pooled so far, and what was last said of it.

    frame: the moment it was last seen, without pixels, so that a lost track holds no picture in memory.
    """

    track: Track
    frame: Frame
    evidence: Evidence
    decision: Decision | None = None
    name: str | None = None
    next_crop: float = 0.0
    next_update: float = 0.0
    announced: bool = False

    def see(self, track: Track, frame: Frame) -> None:
        """Take in the newest moment it was seen."""
        self.track = track
        self.frame = frame

    def judged_name(self) -> str | None:
        """The person the current decision names, None for every other state."""
        named = self.decision is not None and self.decision.state is State.NAMED
        return self.decision.person if named and self.decision else None

    def where(self) -> dict[str, Any]:
        """The fields that track and identity events share, rounded as events are."""
        x1, y1, x2, y2 = (round(float(value), 1) for value in self.track.box)
        capture = self.frame.capture_time
        return {
            "media_time": round(self.frame.media_time, 4),
            "track": self.track.id,
            "box": (x1, y1, x2, y2),
            "face_px": round(self.track.face_px, 1),
            "capture_time": None if capture is None else round(capture, 6),
            "evidence": None if self.decision is None else told(self.decision),
        }


def told(decision: Decision) -> events.Evidence:
    """A decision as it stands in an event."""
    return events.Evidence(
        state=decision.state.value,
        person=decision.person,
        score=round(decision.score, 4),
        threshold=round(decision.threshold, 4),
        margin=round(decision.margin, 4),
        faces=decision.faces,
        effective=round(decision.effective, 2),
        median_px=round(decision.median_px, 1),
        reasons=decision.reasons,
    )
