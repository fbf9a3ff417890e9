"""Who a face is, and why."""

from dataclasses import dataclass

from recognizer.base import Decision, State

__all__ = ["Candidate", "Identity"]


@dataclass(frozen=True, slots=True)
class Candidate:
    """An enrolled person, and the score of a face with the most similar of their faces."""

    name: str
    score: float


@dataclass(frozen=True, slots=True)
class Identity:
    """Who one face is, judged on one look.

    name: the person; None where nobody is named.
    state: named; candidate (somebody is similar, on too little); ambiguous (two people are); unknown (nobody is).
    score: similarity with the nearest person, on the scale of cosines: about 0 for strangers, about 1 (or a little
    more) for the same picture.
    threshold: the score that a face of this size needs in this gallery, so that a stranger gets any name at the rate
    `false_alarm` of the decision rule (0.001).
    margin: lead of the nearest person over the next.
    candidates: the nearest people, at most three, best first, whether or not they reach anything.
    reason: in words, with figures.
    confidence: 0..1, the share of strangers of this face size who do not reach this score with anybody enrolled.
    """

    name: str | None
    state: State
    score: float
    threshold: float
    margin: float
    candidates: tuple[Candidate, ...]
    reason: str
    confidence: float

    def __bool__(self) -> bool:
        """Whether somebody is named."""
        return self.name is not None

    def __str__(self) -> str:
        if self.name is not None:
            return f"{self.name} ({self.reason})"
        if self.state is State.UNKNOWN or not self.candidates:
            return f"unknown ({self.reason})"
        return f"perhaps {self.candidates[0].name} ({self.reason})"


def identity_of(decision: Decision, candidates: tuple[Candidate, ...]) -> Identity:
    """A decision on one look, as an Identity."""
    named = decision.state is State.NAMED
    words = [reason for reason in decision.reasons if not reason.startswith("1 face, median")]  # that is px
    if named:
        lead = f", {decision.margin:.2f} ahead of the next person" if len(candidates) > 1 else ""
        words.insert(0, f"score {decision.score:.2f}, {decision.threshold:.2f} needed{lead}")
    return Identity(
        name=decision.person if named else None,
        state=decision.state,
        score=decision.score,
        threshold=decision.threshold,
        margin=decision.margin,
        candidates=candidates,
        reason="; ".join(words),
        confidence=1.0 - decision.false_alarm,
    )
