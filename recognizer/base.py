"""What a recogniser is, and what a decision says. Three of the four states name nobody."""

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
        """The chip to cut for a face of this height, in pixels."""
        ...

    def embed(self, chips: Chips) -> Float32:
        """Embed chips of one spec, BGR uint8 (N,S,S,3), as unit rows float32 (N,dim).

        A chip without a finite vector gives a zero row, so one bad chip cannot spoil a batch.
        """
        ...


class State(StrEnum):
    """unknown: nobody enrolled is similar. candidate: somebody is, on too little evidence. ambiguous: two people are.
    named: one person is, by a margin and on enough evidence."""

    UNKNOWN = "unknown"
    CANDIDATE = "candidate"
    AMBIGUOUS = "ambiguous"
    NAMED = "named"


@dataclass(frozen=True, slots=True)
class Decision:
    """Who one track is, as far as is known now.

    person: the nearest, also for candidate and ambiguous; None for unknown.  score: cosine of the pooled template with
    that person's nearest face.  threshold: the score needed.  margin: lead over the second person's score.
    faces: crops pooled.  effective: how many independent looks they count as.  median_px: their median face height.
    reasons: short sentences with figures, the most important first.  false_alarm: chance that a stranger's track
    reaches this score with anybody enrolled, that is, the rate that would have to be allowed for it to name.
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
    false_alarm: float = 1.0
