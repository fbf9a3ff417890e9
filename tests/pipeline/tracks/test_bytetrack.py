"""Our ByteTrack against that of the library `trackers`, on crowds that cross, flicker, stand still and come back."""

import warnings

import numpy as np
import pytest

from detectors.arrays import Float32, Index
from pipeline.settings.types import TrackingSettings
from pipeline.tracks.bytetrack import UNTRACKED, ByteTrack

Frame = tuple[Float32, Float32, float]


def crowd(seed: int, *, fps: float, people: int = 25, seconds: float = 12) -> list[Frame]:
    """Boxes (N,4), scores (N,) and a time for each frame: walkers with jitter, misses, false boxes and uneven steps."""
    random = np.random.default_rng(seed)
    start, speed = random.uniform(0, 500, (people, 2)), random.normal(0, 30, (people, 2))
    size = random.uniform(12, 40, people)
    frames, time = [], 5.0
    for number in range(round(fps * seconds)):
        time += (1 / fps) * (random.uniform(0.9, 1.1) if seed % 2 else 1) + (3 if number == fps * 6 else 0)
        there = random.random(people) > 0.15
        corner = (start + speed * time + random.normal(0, 1, (people, 2)))[there]
        false = random.uniform(0, 500, (random.integers(0, 4), 2))
        corner = np.concatenate([corner, false])
        extent = np.append(size[there], np.full(len(false), 20.0))[:, None] * [0.8, 1.0]
        boxes = np.concatenate([corner, corner + extent], axis=1).astype(np.float32)
        frames.append((boxes, random.uniform(0.25, 1, len(boxes)).astype(np.float32), time))
    return frames


SETTINGS = {
    "defaults": TrackingSettings(),
    "every box counts": TrackingSettings(min_frames=1, high_score=0.0, start_score=0.3, min_overlap=0.1, buffer=0),
    "short memory": TrackingSettings(lost_seconds=0.3, min_frames=5, min_overlap=0.5, buffer=10),
}


@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
@pytest.mark.parametrize(("seed", "fps"), [(1, 30.0), (2, 30.0), (3, 12.0), (4, 5.0)])
def test_it_gives_the_ids_of_the_library(settings: TrackingSettings, seed: int, fps: float) -> None:
    pytest.importorskip("trackers", reason="the extra dev brings the library to compare with")
    from benchmarks.library_tracker import library_bytetrack

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the library's own imports warn of deprecations
        ours, library = ByteTrack(settings), library_bytetrack(settings)
        for boxes, scores, time in crowd(seed, fps=fps):
            assert ours.update(boxes, scores, time).tolist() == library.update(boxes, scores, time).tolist()
            assert ours.alive() == library.alive()


def test_without_boxes_there_are_no_ids() -> None:
    empty = np.empty((0, 4), np.float32)
    subject = ByteTrack(TrackingSettings())
    assert [subject.update(empty, empty[:, 0], time).tolist() for time in (0.0, 0.1)] == [[], []]


def follow(frames: list[Frame]) -> list[Index]:
    subject = ByteTrack(TrackingSettings())
    return [subject.update(*frame) for frame in frames]


def test_no_id_is_given_twice_in_a_frame() -> None:
    for ids in follow(crowd(7, fps=12, people=60)):
        given = ids[ids != UNTRACKED]
        assert len(set(given.tolist())) == len(given)


def test_a_clear_ends_all_and_new_tracks_have_new_ids() -> None:
    subject, frames = ByteTrack(TrackingSettings()), crowd(8, fps=12)
    before = {int(id_) for frame in frames[:40] for id_ in subject.update(*frame)} - {UNTRACKED}
    subject.clear()
    assert subject.alive() == set()
    after = {int(id_) for frame in frames[40:] for id_ in subject.update(*frame)} - {UNTRACKED}
    assert before
    assert after
    assert not before & after
