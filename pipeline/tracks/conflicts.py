"""Nobody is in two places in one frame.

A photograph that resembles many (a blurred one, say) would otherwise name half a crowd. Of several tracks in one frame
that claim a person, the one that scores highest keeps the name. Whoever had it before is dislodged only by a clear
lead, so that two close scores do not hand it to and fro.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from pipeline.tracks.track import TrackState
from recognizer.base import State

# Cosine by which a newcomer must beat the track that bears the name.
CLEAR = 0.05


def resolve_conflicts(subjects: Sequence[TrackState]) -> None:
    """Turn all but one of the decisions that name one person into `ambiguous`, among the subjects of one frame."""
    claims: dict[str, list[TrackState]] = defaultdict(list)
    for subject in subjects:
        if name := subject.judged_name():
            claims[name].append(subject)
    for rivals in claims.values():
        if len(rivals) > 1:
            _settle(rivals)


def _settle(rivals: list[TrackState]) -> None:
    keeper = max(rivals, key=_strength)
    for subject in rivals:
        if subject is not keeper and subject.decision:
            reason = f"{subject.decision.person} is track {keeper.track.id} in this very frame"
            reasons = (reason, *subject.decision.reasons)
            subject.decision = replace(subject.decision, state=State.AMBIGUOUS, reasons=reasons)


def _strength(subject: TrackState) -> tuple[float, int]:
    """The claim's score, raised for the bearer; the older track wins a draw."""
    decision = subject.decision
    score = decision.score if decision else -1.0
    bears = decision is not None and subject.name == decision.person
    return score + (CLEAR if bears else 0.0), -subject.track.id
