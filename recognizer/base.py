"""What a recogniser is and what a decision says. Abstaining is a feature: three of the four states name nobody."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from detectors.arrays import Chips, Float32
from recognizer.spec import ChipSpec


class Recognizer(Protocol):
    """Turns chips into unit vectors of one embedding space, named by `model_id`."""

    model_id: str
    dim: int

    def spec_for(self, face_px: float) -> ChipSpec:
        """The chip to cut for a face this high in pixels: a family answers with that of the student for it."""
        ...

    def embed(self, chips: Chips) -> Float32:
        """Embed BGR uint8 (N,S,S,3) chips, all cut to one spec of this recogniser, as float32 (N,dim) unit rows.

        A chip that gives no finite vector comes back as a zero row, so one bad chip cannot spoil a batch.
        """
        ...


class State(StrEnum):
    """unknown: nobody enrolled is near. candidate: someone is, but the evidence is thin. ambiguous: two people are.
    named: one is, by a margin, on enough evidence."""

    UNKNOWN = "unknown"
    CANDIDATE = "candidate"
    AMBIGUOUS = "ambiguous"
    NAMED = "named"


@dataclass(frozen=True, slots=True)
class Decision:
    """What is known of one track now.

    person: who is nearest (also for candidate and ambiguous), None for unknown.  score: cosine of the pooled template
    with that person's nearest face, threshold: what it had to reach.  margin: score minus the second person's.
    faces: crops pooled.  effective: their decorrelated count.  median_px: their median face height.
    reasons: short sentences with figures, worst first.
    """

    state: State
    person: str | None
    score: float
    threshold: float
    margin: float
    faces: int
    effective: float
    median_px: float
    reasons: tuple[str, ...]
