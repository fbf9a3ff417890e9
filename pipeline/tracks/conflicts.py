"""Nobody is in two places in one frame.

A photograph that resembles many people (a blurred one) would otherwise name half a crowd. Of several tracks in one
frame that claim a person, the one with the highest score keeps the name. A track that already has the name loses it
only to a clear lead, so that two close scores do not pass it to and fro.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace

from pipeline.tracks.track import TrackState
from recognizer.base import Decision, State

TAKEOVER_LEAD = 0.05
"""Cosine by which another track must beat the one that has the name."""


def resolve_conflicts(tracks: Sequence[TrackState]) -> dict[int, Decision]:
    """Decisions to put in place, by track id: `ambiguous` for all but one track of each person named twice.

    tracks: those seen in one frame.
    """
    claims: dict[str, list[TrackState]] = defaultdict(list)
    for track in tracks:
        if track.name:
            claims[track.name].append(track)
    return {number: decision for rivals in claims.values() for number, decision in _ambiguous(rivals)}


def _ambiguous(rivals: Sequence[TrackState]) -> Iterator[tuple[int, Decision]]:
    winner = max(rivals, key=_strength)
    for track in rivals:
        if track is not winner and track.decision:
            reason = f"{track.decision.person} is track {winner.id} in the same frame"
            reasons = (reason, *track.decision.reasons)
            yield track.id, replace(track.decision, state=State.AMBIGUOUS, reasons=reasons)


def _strength(track: TrackState) -> tuple[float, int]:
    """The score, raised for the track that has the name; the older track wins a draw."""
    score = track.decision.score if track.decision else -1.0
    return score + (TAKEOVER_LEAD if track.published_name == track.name else 0.0), -track.id
