"""One person, one place."""

import numpy as np

from pipeline.tracks.conflicts import resolve_conflicts
from pipeline.tracks.track import TrackState
from pipeline.types import Frame, Track
from recognizer.base import Decision, State

FRAME = Frame("cam", 0, 0.0, 0.0, 0.0, np.zeros((0, 0, 3), np.uint8))
BOX = np.array([0, 0, 20, 20], np.float32)


def track(number: int, person: str | None, score: float, *, published: str | None = None) -> TrackState:
    state = State.NAMED if person else State.UNKNOWN
    decision = Decision(state, person, score, 0.4, 0.2, 3, 2.0, 20.0, ("3 faces",))
    snapshot = Track("cam", number, BOX, 0.9, None, 1.0)
    return TrackState(snapshot, FRAME, decision=decision, published_name=published)


def names(*tracks: TrackState) -> list[str | None]:
    """The names after the conflicts of these tracks are resolved."""
    for number, decision in resolve_conflicts(tracks).items():
        next(track for track in tracks if track.id == number).decision = decision
    return [track.name for track in tracks]


def test_the_highest_score_keeps_the_name_and_the_others_get_a_reason() -> None:
    first, second = track(1, "ann", 0.5), track(2, "ann", 0.6)
    assert names(first, second) == [None, "ann"]
    assert first.decision is not None
    assert first.decision.state is State.AMBIGUOUS
    assert first.decision.reasons == ("ann is track 2 in the same frame", "3 faces")


def test_the_track_that_has_the_name_loses_it_only_to_a_clear_lead() -> None:
    assert names(track(1, "ann", 0.5, published="ann"), track(2, "ann", 0.54)) == ["ann", None]
    assert names(track(1, "ann", 0.5, published="ann"), track(2, "ann", 0.56)) == [None, "ann"]


def test_a_draw_goes_to_the_older_track() -> None:
    assert names(track(2, "ann", 0.5), track(1, "ann", 0.5)) == [None, "ann"]


def test_different_people_and_strangers_are_left_alone() -> None:
    assert names(track(1, "ann", 0.5), track(2, "bob", 0.5), track(3, None, 0.1)) == ["ann", "bob", None]
    assert resolve_conflicts([]) == {}


def test_500_claims_leave_one() -> None:
    crowd = [track(number, "ann", 0.5 + number / 10_000) for number in range(1, 501)]
    assert [name for name in names(*crowd) if name] == ["ann"]
    assert crowd[-1].name == "ann"
