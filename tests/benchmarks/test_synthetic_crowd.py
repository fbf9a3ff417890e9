"""Simulated crowds: what is taken from real detections, and what is known of the result."""

import numpy as np

from benchmarks.synthetic_crowd import Moment, Texture, chains, crowd, tapes
from detectors.base import Detections

QUIET = Texture(0.0, np.array([0.3]))


def clip(missed: frozenset[int] = frozenset(), seconds: float = 2.0) -> list[Moment]:
    """A 20-pixel face that walks 40 pixels a second at 25 frames a second, and is not found in some."""
    moments = []
    for frame in range(round(25 * seconds)):
        x = 50 + 40 * frame / 25
        box = np.array([[x, 60, x + 16, 80]], np.float32)
        found = Detections(box, np.array([0.8], np.float32))
        moments.append(Moment(frame / 25, found[:0] if frame in missed else found))
    return moments


def test_a_face_followed_easily_makes_one_tape_of_its_speed() -> None:
    (tape,) = tapes(clip())
    speed = (tape.path[40] - tape.path[10])[0] / (tape.times[40] - tape.times[10])
    np.testing.assert_allclose(speed, 2, rtol=0.02)  # face heights a second
    assert np.abs(tape.wobble[5:-5]).max() < 0.01


def test_a_miss_stays_on_the_tape_and_a_long_one_ends_the_chain() -> None:
    (tape,) = tapes(clip(frozenset({20})))
    assert np.flatnonzero(tape.scores == 0).tolist() == [20]
    assert len(chains(clip(frozenset(range(20, 30))))) == 2


def test_a_crowd_repeats_for_its_seed_and_hides_who_is_behind() -> None:
    deck = tapes(clip())
    first, again = (crowd(deck, QUIET, 3, people=12, seconds=1, fps=10) for _ in range(2))
    assert all((a == b).all() for a, b in zip(first.people, again.people, strict=True))
    other = crowd(deck, QUIET, 4, people=12, seconds=1, fps=10)
    assert not np.array_equal(first.boxes[0], other.boxes[0])
    assert all(len(set(some.tolist())) == len(some) <= 12 for some in first.people)
    packed = crowd(deck, QUIET, 5, people=500, seconds=0.1, fps=10)
    assert len(packed.people[0]) < 500
    assert len(packed.moments[0].found) <= len(packed.people[0])
