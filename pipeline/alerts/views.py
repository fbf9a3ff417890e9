"""What is known of open tracks, of cameras and of nodes: plain values that are kept as JSON."""

import msgspec

from pipeline.events import Evidence
from recognizer.base import State

TrackKey = tuple[str, str, str, int]
"""Node, epoch, camera, number."""
Raised = dict[str, list[str]]
"""Rule to the keys of the causes that were found, told or not."""


class Looks(msgspec.Struct, frozen=True):
    """The part of a track's newest evidence that rules ask for (pipeline.events.Evidence)."""

    state: str
    person: str | None
    false_alarm: float | None
    effective: float
    median_px: float
    warnings: tuple[str, ...] = ()


class TrackView(msgspec.Struct, kw_only=True):
    """One track. first_at, at: Unix seconds when it was first and last seen; at 0: only the history spoke of it so far.

    age: seconds between them by the stream's clock.  heard: when its last event came, by our own clock.
    told: who it is, as the history or an operator says, with their `chance`.  group_since: when its group was first
    seen.  raised: rule to the keys of the causes that it gave.  fingerprint: of its last event.
    """

    node: str
    epoch: str
    camera: str
    number: int
    first_at: float = 0.0
    at: float = 0.0
    age: float = 0.0
    heard: float = 0.0
    face_px: float = 0.0
    looks: Looks | None = None
    told: str | None = None
    chance: float | None = None
    group: str | None = None
    group_since: float | None = None
    raised: Raised = {}
    fingerprint: str = ""
    ended: bool = False

    @property
    def key(self) -> TrackKey:
        """What identifies it."""
        return self.node, self.epoch, self.camera, self.number

    @property
    def name(self) -> str:
        """The same as one text."""
        return name_of_track(self.key)

    @property
    def is_named(self) -> bool:
        """Whether it has the name of somebody enrolled."""
        return self.told is not None or (self.looks is not None and self.looks.state == State.NAMED)


class CameraView(msgspec.Struct, kw_only=True):
    """One camera. at: of its newest event.  down_since: Unix seconds since which it gives no picture; None: it does."""

    node: str
    epoch: str
    camera: str
    at: float = 0.0
    state: str = ""
    reason: str = ""
    down_since: float | None = None
    raised: Raised = {}


class NodeView(msgspec.Struct, kw_only=True):
    """The node of one stream. heard: when something came from it, by our own clock; None: nothing yet."""

    stream: str
    node: str = ""
    epoch: str = ""
    heard: float | None = None
    raised: Raised = {}


def name_of_track(key: TrackKey) -> str:
    """A track's key as one text. Names of cameras have no slash; that of a node stands last, as it may have one."""
    node, epoch, camera, number = key
    return f"{camera}/{number}/{epoch}/{node}"


def looks_of(evidence: Evidence) -> Looks:
    """What rules ask of a track's evidence."""
    return Looks(
        evidence.state,
        evidence.person,
        evidence.false_alarm,
        evidence.effective,
        evidence.median_px,
        evidence.warnings,
    )
