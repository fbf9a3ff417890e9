"""What the pipeline remembers of one track."""

from dataclasses import dataclass, field

from pipeline.types import Frame, Track
from recognizer.base import Decision, State
from recognizer.evidence import Evidence


@dataclass
class TrackState:
    """A track's newest snapshot, the evidence pooled so far, and what was last published of it.

    Only `CameraTracks` changes it. frame: the moment of the snapshot, without pixels, so that a lost track keeps no
    picture in memory.  likeness: `Matcher.face_likeness` of its best crop so far.  next_crop, next_update: media time,
    seconds.
    """

    snapshot: Track
    frame: Frame
    evidence: Evidence = field(default_factory=Evidence)
    decision: Decision | None = None
    likeness: float = 0.0
    published: bool = False
    published_name: str | None = None
    next_crop: float = 0.0
    next_update: float = 0.0

    @property
    def id(self) -> int:
        return self.snapshot.id

    @property
    def camera(self) -> str:
        return self.snapshot.camera

    @property
    def name(self) -> str | None:
        """The person whom the current decision names; None in every other state."""
        decision = self.decision
        return decision.person if decision and decision.state is State.NAMED else None
