"""What the pipeline remembers of one track."""

from dataclasses import dataclass, field

from pipeline.tracks.acceptance import Acceptance
from pipeline.tracks.flat.flatness import Flatness
from pipeline.tracks.samples import SampleState
from pipeline.tracks.static_things import Stay
from pipeline.types import Frame, Track
from recognizer.base import Decision, State
from recognizer.evidence import Evidence


@dataclass
class TrackState:
    """A track's newest snapshot, the evidence pooled so far, and what was last published of it.

    Only `CameraTracks` changes it. frame: the moment of the snapshot, without pixels, so that a lost track keeps no
    picture in memory.  acceptance: whether it is a face.  stay: how long it has been where it is.  next_crop,
    usual_crop (had its place not been learnt), next_update: media time, seconds.  sample: its best crop, where samples
    are published.  zones: names of those that its centre is in.  flat: whether it moves like a photograph; None where
    nobody asks.
    """

    snapshot: Track
    frame: Frame
    evidence: Evidence = field(default_factory=Evidence)
    decision: Decision | None = None
    published: bool = False
    published_name: str | None = None
    next_crop: float = 0.0
    usual_crop: float = 0.0
    next_update: float = 0.0
    zones: tuple[str, ...] = ()
    sample: SampleState = field(default_factory=SampleState)
    flat: Flatness | None = None
    stay: Stay = field(init=False)
    acceptance: Acceptance = field(init=False)

    def __post_init__(self) -> None:
        self.stay = Stay(self.snapshot.box, self.frame.media_time)
        self.acceptance = Acceptance(self.snapshot.box)

    @property
    def is_face(self) -> bool:
        """Whether it was accepted as a face, once and for good."""
        return self.acceptance.is_face

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
