"""Tracking: ids, ends, clocks that misbehave."""

import numpy as np
import pytest

from detectors.arrays import Float32, Index
from detectors.base import Detections
from pipeline.settings.types import TrackingSettings
from pipeline.tracks.tracker import Tracker

SETTINGS = TrackingSettings(min_frames=2, lost_seconds=1.0)


def faces(*boxes: tuple[float, float, float, float], score: float = 0.9) -> Detections:
    array = np.array(boxes, np.float32).reshape(-1, 4)
    landmarks = np.repeat(array[:, None, :2], 5, axis=1)
    return Detections(array, np.full(len(array), score, np.float32), landmarks)


def tracker() -> Tracker:
    return Tracker("cam", SETTINGS)


def walk(subject: Tracker, times: list[float], *, x: float = 10) -> list[list[int]]:
    return [
        [track.id for track in subject.follow(faces((x + i, 10, x + 16 + i, 30)), t).seen] for i, t in enumerate(times)
    ]


def test_a_face_gets_one_id_from_one_on() -> None:
    assert walk(tracker(), [0, 0.1, 0.2, 0.3]) == [[], [1], [1], [1]]


def test_it_ends_once_after_the_lost_time_and_the_id_is_not_used_again() -> None:
    subject = tracker()
    walk(subject, [0, 0.1, 0.2])
    ended = [subject.follow(Detections.empty(), t).ended for t in np.arange(0.3, 3, 0.1)]
    assert [ids for ids in ended if ids] == [(1,)]
    assert walk(subject, [4, 4.1], x=100)[-1] == [2]


def test_a_weak_box_keeps_a_track_but_begins_none() -> None:
    subject = tracker()
    walk(subject, [0, 0.1])
    weak = faces((12, 10, 28, 30), (200, 200, 216, 220), score=0.3)
    assert [track.id for track in subject.follow(weak, 0.2).seen] == [1]
    assert subject.follow(weak, 0.3).seen[0].score == pytest.approx(0.3)


def test_snapshots_carry_this_frame_s_box_landmarks_and_age() -> None:
    subject = tracker()
    walk(subject, [5.0, 5.1])
    track = subject.follow(faces((12, 10, 28, 30)), 5.6).seen[0]
    assert track.box.tolist() == [12, 10, 28, 30]
    assert track.landmarks is not None
    assert track.landmarks.shape == (5, 2)
    assert track.age == pytest.approx(0.5)
    assert track.face_px == 20


@pytest.mark.parametrize("times", [[0, 0, 0, 0], [5, 4, 3, 2], [0, 1e-9, 2e-9, 3e-9], [9, 9.1, 0.1, 0.2]])
def test_a_clock_that_stands_or_runs_back_costs_no_frame(times: list[float]) -> None:
    assert walk(tracker(), times)[-1] == [1]


def test_500_faces_keep_500_ids() -> None:
    subject = tracker()
    grid = [(x * 40.0, y * 40.0, x * 40.0 + 16, y * 40.0 + 20) for x in range(25) for y in range(20)]
    for t in (0, 0.1):
        subject.follow(faces(*grid), t)
    seen = subject.follow(faces(*grid), 0.2).seen
    assert sorted(track.id for track in seen) == list(range(1, 501))


def test_two_cameras_count_apart() -> None:
    first, second = tracker(), tracker()
    assert walk(first, [0, 0.1])[-1] == walk(second, [0, 0.1])[-1] == [1]


def test_finish_ends_everything_and_the_next_face_is_new() -> None:
    subject = tracker()
    walk(subject, [0, 0.1, 0.2])
    assert subject.finish() == (1,)
    assert subject.finish() == ()
    assert walk(subject, [0.3, 0.4])[-1] == [2]


def crossing(subject: Tracker, fps: float) -> list[int]:
    """A face walks three of its widths a second to the right; the id of its track in each frame of two seconds."""
    ids = []
    for frame in range(round(2 * fps)):
        x = 100 + 48 * frame / fps
        ids.append([track.id for track in subject.follow(faces((x, 50, x + 16, 70)), frame / fps).seen])
    return [seen[0] for seen in ids[SETTINGS.min_frames - 1 :]]


@pytest.mark.parametrize("fps", [30, 12, 6])
def test_a_walker_keeps_its_id_at_any_rate(fps: float) -> None:
    assert set(crossing(tracker(), fps)) == {1}


def stepped_aside(gap: float) -> list[int]:
    """Ids seen when, `gap` seconds after a face was last seen, one stands four fifths of a width beside it."""
    subject = tracker()
    for frame in range(10):
        subject.follow(faces((100, 50, 116, 70)), frame / 30)
    return [track.id for track in subject.follow(faces((113, 50, 129, 70)), 9 / 30 + gap).seen]


def test_how_far_a_face_may_have_moved_grows_with_time() -> None:
    assert stepped_aside(1 / 30) == []
    assert stepped_aside(1 / 5) == [1]


def test_a_track_does_not_go_over_to_the_neighbour_when_its_face_is_gone() -> None:
    subject = tracker()
    both = faces((100, 50, 116, 70), (112, 50, 128, 70))
    for frame in range(6):
        subject.follow(both, frame / 30)
    alone = [subject.follow(faces((112, 50, 128, 70)), frame / 30).seen for frame in range(6, 12)]
    assert [[track.id for track in seen] for seen in alone] == [[2]] * 6


class Newest:
    """A method that takes every box for a new track."""

    def __init__(self) -> None:
        self.made = 0

    def update(self, boxes: Float32, scores: Float32, time: float) -> Index:
        self.made += len(boxes)
        return np.arange(self.made - len(boxes), self.made)

    def alive(self) -> set[int]:
        return {self.made - 1}

    def clear(self) -> None:
        pass


def test_another_method_can_take_the_place_of_bytetrack() -> None:
    assert walk(Tracker("cam", SETTINGS, method=Newest()), [0, 0.1, 0.2]) == [[1], [2], [3]]
