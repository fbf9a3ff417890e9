"""Synthetic crowds: what is taken from real detections, and what is known of the result."""

import numpy as np

from benchmarks.synthetic_crowd import (
    FalseAlarms,
    FrameDetections,
    extract_false_alarms,
    extract_trajectories,
    link_chains,
    simulate_crowd,
)
from detectors.base import Detections

QUIET = FalseAlarms(0.0, np.array([0.3]))


def clip(missed: frozenset[int] = frozenset(), seconds: float = 2.0) -> list[FrameDetections]:
    """A 20-pixel face that walks 40 pixels a second at 25 frames a second, and is missed in some frames."""
    frames = []
    for frame in range(round(25 * seconds)):
        x = 50 + 40 * frame / 25
        box = np.array([[x, 60, x + 16, 80]], np.float32)
        found = Detections(box, np.array([0.8], np.float32))
        frames.append(FrameDetections(frame / 25, found[:0] if frame in missed else found))
    return frames


def test_a_face_that_is_easy_to_follow_makes_one_trajectory_of_its_speed() -> None:
    (trajectory,) = extract_trajectories(clip())
    speed = (trajectory.path[40] - trajectory.path[10])[0] / (trajectory.times[40] - trajectory.times[10])
    np.testing.assert_allclose(speed, 2, rtol=0.02)  # face heights a second
    assert np.abs(trajectory.jitter[5:-5]).max() < 0.01


def test_a_trajectory_keeps_a_short_miss_and_a_long_one_ends_the_chain() -> None:
    (trajectory,) = extract_trajectories(clip(frozenset({20})))
    assert np.flatnonzero(trajectory.scores == 0).tolist() == [20]
    assert len(link_chains(clip(frozenset(range(20, 30))))) == 2


def test_a_box_that_does_not_last_is_a_false_alarm() -> None:
    frames = clip()
    assert extract_false_alarms(frames).rate == 0
    flicker = Detections(np.array([[300, 100, 316, 120]], np.float32), np.array([0.3], np.float32))
    frames[7] = FrameDetections(frames[7].time, flicker)
    alarms = extract_false_alarms(frames)
    assert alarms.rate == 1 / len(frames)
    np.testing.assert_allclose(alarms.scores, [0.3], rtol=1e-6)


def test_a_crowd_repeats_for_its_seed_and_hides_who_is_behind() -> None:
    trajectories = extract_trajectories(clip())
    first, again = (simulate_crowd(trajectories, QUIET, 3, people=12, seconds=1, fps=10) for _ in range(2))
    assert all((a == b).all() for a, b in zip(first.people, again.people, strict=True))
    other = simulate_crowd(trajectories, QUIET, 4, people=12, seconds=1, fps=10)
    assert not np.array_equal(first.boxes[0], other.boxes[0])
    assert all(len(set(people.tolist())) == len(people) <= 12 for people in first.people)
    packed = simulate_crowd(trajectories, QUIET, 5, people=500, seconds=0.1, fps=10)
    assert len(packed.people[0]) < 500
    assert len(packed.frames[0].found) <= len(packed.people[0])
