"""One person, one place."""

import numpy as np

from pipeline.tracks.conflicts import resolve_conflicts
from pipeline.tracks.track import TrackState
from pipeline.types import Frame, Track
from recognizer.base import Decision, State
from recognizer.evidence import Evidence

FRAME = Frame("cam", 0, 0.0, 0.0, 0.0, np.zeros((0, 0, 3), np.uint8))
BOX = np.array([0, 0, 20, 20], np.float32)


def subject(number: int, person: str | None, score: float, *, bears: str | None = None) -> TrackState:
    state = State.NAMED if person else State.UNKNOWN
    decision = Decision(state, person, score, 0.4, 0.2, 3, 2.0, 20.0, ("3 faces",))
    return TrackState(Track("cam", number, BOX, 0.9, None, 1.0), FRAME, Evidence(), decision, bears)


def names(*subjects: TrackState) -> list[str | None]:
    resolve_conflicts(subjects)
    return [one.judged_name() for one in subjects]


def test_the_highest_score_keeps_the_name_and_the_others_are_told_why() -> None:
    first, second = subject(1, "ann", 0.5), subject(2, "ann", 0.6)
    assert names(first, second) == [None, "ann"]
    assert first.decision is not None
    assert first.decision.state is State.AMBIGUOUS
    assert first.decision.reasons == ("ann is track 2 in this very frame", "3 faces")


def test_the_bearer_is_dislodged_only_by_a_clear_lead() -> None:
    assert names(subject(1, "ann", 0.5, bears="ann"), subject(2, "ann", 0.54)) == ["ann", None]
    assert names(subject(1, "ann", 0.5, bears="ann"), subject(2, "ann", 0.56)) == [None, "ann"]


def test_a_draw_goes_to_the_older_track() -> None:
    assert names(subject(2, "ann", 0.5), subject(1, "ann", 0.5)) == [None, "ann"]


def test_different_people_and_strangers_are_left_alone() -> None:
    assert names(subject(1, "ann", 0.5), subject(2, "bob", 0.5), subject(3, None, 0.1)) == ["ann", "bob", None]
    resolve_conflicts([])


def test_500_claims_leave_one() -> None:
    crowd = [subject(number, "ann", 0.5 + number / 10_000) for number in range(1, 501)]
    assert [name for name in names(*crowd) if name] == ["ann"]
    assert crowd[-1].judged_name() == "ann"
