"""Envelopes without gaps, rounding, and the action that a change of name calls for."""

from dataclasses import replace

import numpy as np
import pytest

from pipeline.event_factory import EventFactory
from pipeline.events import CameraHealth, TrackAction, decode, encode
from pipeline.tracks.track import TrackState
from pipeline.types import CameraReport, CameraState, Frame, Track
from recognizer.base import Decision, State

NO_PIXELS = np.zeros((0, 0, 3), np.uint8)


def track(camera: str = "door", *, published_name: str | None = None, capture_time: float | None = None) -> TrackState:
    box = np.array([1.04, 2.06, 21.04, 32.06], np.float32)
    moment = Frame(camera, 3, 1.23456789, 1000.123456789, 5.0, NO_PIXELS, capture_time)
    decision = Decision(State.NAMED, "ann", 0.123456, 0.2, 0.3, 4, 2.345, 20.04, ("4 faces",))
    snapshot = Track(camera, 7, box, 0.987654, None, 2.34567)
    return TrackState(snapshot, moment, decision=decision, published=True, published_name=published_name)


def test_numbers_count_each_kind_and_camera_on_its_own() -> None:
    events = EventFactory("node", "epoch")
    made = [events.track(track(name), TrackAction.NEW, 1.0) for name in ("a", "b", "a")]
    assert [event.seq for event in made] == [0, 0, 1]
    assert events.identity(track("a"), "ann").seq == 0
    assert events.camera(CameraReport("a", CameraState.LIVE, 1.0), None).seq == 0
    health = events.health(2.0, {}, uptime=1.0, people=0, latency=(None, None))
    last = {"track/a": 1, "track/b": 0, "identity/a": 0, "camera/a": 0}  # without the heartbeat itself
    assert health.last_seq == {f"v1/{key}/": seq for key, seq in last.items()}


def test_figures_are_rounded_so_that_a_recording_gives_the_same_bytes() -> None:
    event = EventFactory("node", "epoch").track(track(capture_time=9.87654321), TrackAction.UPDATE, 1000.123456789)
    assert event.box == (1.0, 2.1, 21.0, 32.1)
    assert (event.face_px, event.score, event.age) == (30.0, 0.9877, 2.346)
    assert (event.media_time, event.wall_time, event.capture_time) == (1.2346, 1000.123457, 9.876543)
    assert event.evidence is not None
    assert (event.evidence.score, event.evidence.effective, event.evidence.median_px) == (0.1235, 2.35, 20.0)
    assert b"1.2346" in encode(event)


def test_warnings_of_a_decision_stand_in_its_evidence() -> None:
    one = track()
    assert one.decision is not None
    one.decision = replace(one.decision, warnings=("flat: so and so",))
    event = EventFactory("node", "epoch").track(one, TrackAction.UPDATE, 1.0)
    assert event.evidence is not None
    assert event.evidence.warnings == ("flat: so and so",)
    assert decode(encode(event)) == event
    older = encode(event).replace(b',"warnings":["flat: so and so"]', b"")
    assert decode(older).evidence.warnings == ()  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("before", "now", "action"),
    [(None, "ann", "named"), ("bob", "ann", "renamed"), ("ann", None, "retracted")],
)
def test_the_action_follows_from_the_names(before: str | None, now: str | None, action: str) -> None:
    event = EventFactory("node", "epoch").identity(track(published_name=before), now)
    assert (event.action.value, event.person, event.previous) == (action, now, before)


def test_a_camera_without_a_frame_has_no_media_time() -> None:
    report = CameraReport("door", CameraState.FAILED, 1.0, "connection refused", True, 640, 360)
    event = EventFactory("node", "epoch").camera(report, None)
    assert (event.media_time, event.reason, event.final, event.width) == (None, "connection refused", True, 640)


def test_health_belongs_to_the_node() -> None:
    camera = CameraHealth(state=CameraState.LIVE, frames=1, dropped=0, tracks=2, frame_age=None)
    events = EventFactory("node", "epoch")
    event = events.health(5.0, {"door": camera}, uptime=1.23456, people=3, latency=(0.1, 0.2))
    assert (event.camera, event.uptime, event.people, event.latency_p99) == ("", 1.235, 3, 0.2)
    assert event.cameras == {"door": camera}
