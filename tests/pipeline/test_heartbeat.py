"""When the heart beats, what it counts, and that it takes up a changed gallery."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from pipeline.event_factory import EventFactory
from pipeline.events import Event, GalleryHealth, HealthEvent, SelfCheckHealth
from pipeline.heartbeat import Heartbeat
from pipeline.settings.types import CameraSettings, TrackingSettings
from pipeline.tracks.camera import CameraTracks
from pipeline.tracks.track import TrackState
from pipeline.tracks.tracker import Tracker
from pipeline.types import CameraState, Frame, Track
from recognizer.base import Decision
from recognizer.evidence import Evidence
from recognizer.gallery.copies.freshness import Freshness


@dataclass
class Clock:
    now: float = 100.0

    def __call__(self) -> float:
        return self.now


class Counts:
    def taken(self, camera: str) -> int:
        return 7

    def dropped(self, camera: str) -> int:
        return 3


class CountingMatcher:
    """Counts how often it was asked to look at the gallery."""

    people = 4

    def __init__(self) -> None:
        self.refreshed = 0

    def decide(self, evidence: Evidence, previous: Decision | None) -> Decision:
        raise AssertionError("a heartbeat decides nothing")

    def length_weight(self, length: float, face_px: float) -> float:
        return 1.0

    knows_lengths = True
    has_news = False
    freshness: Freshness | None = None

    def use_rule(self, rule: object) -> None:
        """Nothing here decides by a rule."""

    def face_likeness(self, length: float, face_px: float) -> float:
        return math.inf

    def refresh(self) -> bool:
        self.refreshed += 1
        return True


@pytest.fixture
def clock() -> Clock:
    return Clock()


def heartbeat(clock: Clock, interval: float = 1.0, **options: Any) -> Heartbeat:
    return Heartbeat(EventFactory("node", "epoch"), Counts(), interval, clock=clock, wall=lambda: 5.0, **options)


def camera() -> CameraTracks:
    settings = CameraSettings(source="x", name="door")
    return CameraTracks(settings, Tracker("door", TrackingSettings()), EventFactory("n", "e"), update_seconds=1.0)


def beats(heart: Heartbeat, cameras: dict[str, CameraTracks] | None = None) -> list[Event]:
    return list(heart.beat(cameras or {}, None))


def test_it_beats_at_once_and_then_once_an_interval(clock: Clock) -> None:
    heart = heartbeat(clock, interval=2.0)
    assert len(beats(heart)) == 1
    assert beats(heart) == []
    clock.now += 1.9
    assert beats(heart) == []
    clock.now += 0.1
    assert len(beats(heart)) == 1


def test_an_interval_of_zero_never_beats_and_never_looks_at_the_gallery(clock: Clock) -> None:
    heart, matcher = heartbeat(clock, interval=0.0), CountingMatcher()
    for _ in range(3):
        clock.now += 10
        assert list(heart.beat({}, matcher)) == []
    assert matcher.refreshed == 0


def test_it_takes_up_the_gallery_before_it_counts_people(clock: Clock) -> None:
    matcher = CountingMatcher()
    [event] = heartbeat(clock).beat({}, matcher)
    assert isinstance(event, HealthEvent)
    assert (event.people, matcher.refreshed) == (4, 1)


def test_what_lies_ready_is_taken_up_between_two_beats(clock: Clock) -> None:
    heart, matcher = heartbeat(clock), CountingMatcher()
    assert len(list(heart.beat({}, matcher))) == 1
    matcher.has_news = True
    assert list(heart.beat({}, matcher)) == []
    assert matcher.refreshed == 2


def test_it_says_how_new_the_people_are(clock: Clock) -> None:
    matcher = CountingMatcher()
    [file] = heartbeat(clock).beat({}, matcher)
    matcher.freshness = Freshness(7, 31.04, 30.0)
    [late] = heartbeat(clock).beat({}, matcher)
    matcher.freshness = Freshness(0, math.inf, 30.0)
    [never] = heartbeat(clock).beat({}, matcher)
    assert [event.gallery for event in (file, late, never) if isinstance(event, HealthEvent)] == [
        None,
        GalleryHealth(change=7, age=31.0, stale=True),
        GalleryHealth(change=0, age=None, stale=True),
    ]


def test_it_tells_the_last_self_check(clock: Clock) -> None:
    found = SelfCheckHealth(checked_at=1.0, cameras=2, findings=1, worst="door: blur")
    [told] = beats(heartbeat(clock, selfcheck=lambda: found))
    [silent] = beats(heartbeat(clock))
    assert isinstance(told, HealthEvent)
    assert isinstance(silent, HealthEvent)
    assert (told.selfcheck, silent.selfcheck) == (found, None)


def test_latencies_are_those_since_the_last_beat(clock: Clock) -> None:
    heart = heartbeat(clock)
    for latency in (0.1, 0.2, 0.3):
        heart.add_latency(latency)
    [first] = beats(heart)
    clock.now += 1
    [second] = beats(heart)
    assert isinstance(first, HealthEvent)
    assert isinstance(second, HealthEvent)
    assert (first.latency_p50, first.latency_p99) == (0.2, pytest.approx(0.298))
    assert (second.latency_p50, second.latency_p99) == (None, None)


def test_a_camera_is_reported_with_its_state_counts_and_frame_age(clock: Clock) -> None:
    door = camera()
    heart = heartbeat(clock)
    [before] = beats(heart, {"door": door})
    door.last_frame = Frame("door", 1, 0.1, 5.0, clock.now - 0.25, np.zeros((0, 0, 3), np.uint8))
    clock.now += 1
    [after] = beats(heart, {"door": door})
    assert isinstance(before, HealthEvent)
    assert isinstance(after, HealthEvent)
    assert before.cameras["door"].frame_age is None
    door_health = after.cameras["door"]
    assert (door_health.state, door_health.frames, door_health.dropped) == (CameraState.CONNECTING, 7, 3)
    assert (door_health.tracks, door_health.frame_age) == (0, 1.25)
    assert door_health.scans is None


def test_frames_searched_whole_are_counted_by_camera(clock: Clock) -> None:
    [beat] = beats(heartbeat(clock, scans={"door": 4}.get), {"door": camera()})
    assert isinstance(beat, HealthEvent)
    assert beat.cameras["door"].scans == 4


def test_only_tracks_that_were_announced_are_counted(clock: Clock) -> None:
    door = camera()
    for number in (1, 2):
        track = Track("door", number, np.zeros(4, np.float32), 0.9, None, 0.0)
        door.tracks[number] = TrackState(track, Frame("door", 0, 0.0, 0.0, 0.0, np.zeros((0, 0, 3), np.uint8)))
    door.tracks[2].published = True
    [beat] = beats(heartbeat(clock), {"door": door})
    assert isinstance(beat, HealthEvent)
    assert beat.cameras["door"].tracks == 1
