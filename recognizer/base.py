"""What a recogniser is, and what a decision says. Three of the four states name nobody."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

import numpy as np

from detectors.arrays import Chips, Float32
from recognizer.spec import ChipSpec

__all__ = ["Decision", "Readings", "Recognizer", "State"]


@dataclass(frozen=True, slots=True)
class Readings:
    """What a recogniser reads in N chips.

    vectors: unit rows float32 (N,dim); a zero row for a chip without a finite vector.
    lengths: length of each feature before it is scaled to 1, float32 (N,). A longer feature was read from a better
    view. NaN where the model gives none.
    """

    vectors: Float32
    lengths: Float32

    @classmethod
    def without_lengths(cls, vectors: Float32) -> "Readings":
        """The readings of a model that gives vectors only, float32 (N,dim)."""
        return cls(vectors, np.full(len(vectors), np.nan, np.float32))


class Recognizer(Protocol):
    """Turns chips into unit vectors of one embedding space, named by `model_id`.

    weights: the first 16 hex digits of the SHA-256 of its ONNX files; calibrations are bound to it.
    """

    model_id: str
    dim: int
    weights: str

    def spec_for(self, face_px: float) -> ChipSpec:
        """The chip to cut for a face of this height, in pixels."""
        ...

    def read(self, chips: Chips) -> Readings:
        """Read chips of one spec, BGR uint8 (N,S,S,3).

        A chip without a finite vector gives a zero row, so one bad chip cannot spoil a batch.
        """
        ...

    def embed(self, chips: Chips) -> Float32:
        """The vectors that `read` gives, float32 (N,dim)."""
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
    warnings: sentences about what was seen that changed nothing of the decision.
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
    warnings: tuple[str, ...] = ()
