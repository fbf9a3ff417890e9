"""What the pipeline remembers of one track."""

import numpy as np
import pytest

from pipeline.tracks.track import TrackState
from pipeline.types import Frame, Track
from recognizer.base import Decision, State


def make_state(decision: Decision | None) -> TrackState:
    track = Track("door", 4, np.array([0, 0, 10, 12], np.float32), 0.9, None, 0.0)
    return TrackState(track, Frame("door", 0, 0.0, 0.0, 0.0, np.zeros((0, 0, 3), np.uint8)), decision=decision)


def decide(state: State, person: str | None) -> Decision:
    return Decision(state, person, 0.5, 0.4, 0.1, faces=3, effective=2.0, median_px=12.0, reasons=())


@pytest.mark.parametrize(
    ("decision", "name"),
    [
        (None, None),
        (decide(State.UNKNOWN, None), None),
        (decide(State.CANDIDATE, "Ann"), None),
        (decide(State.AMBIGUOUS, "Ann"), None),
        (decide(State.NAMED, "Ann"), "Ann"),
    ],
)
def test_only_a_named_decision_gives_a_name(decision: Decision | None, name: str | None) -> None:
    assert make_state(decision).name == name


def test_tracks_share_no_evidence() -> None:
    assert make_state(None).evidence is not make_state(None).evidence
    assert (make_state(None).camera, make_state(None).id) == ("door", 4)
