"""Tracks made of sample events: of an outbox, and of cameras that are watched for it."""

from pathlib import Path
from typing import Any

import cv2
import msgspec
import numpy as np
import pytest

from detectors.arrays import Image
from glimpse.selfcheck import from_events
from glimpse.selfcheck.from_events import AT_ONCE, read_outbox, tracks_of, watch_cameras
from pipeline.bus.outbox.writer import Outbox
from pipeline.events import Event, Evidence, SampleEvent, encode, topic
from pipeline.settings.outputs import Outputs
from pipeline.settings.types import EventSettings, Settings
from pipeline.sink import Sink
from recognizer.base import State
from tests.synthetic.events import evidence, identity, sample
from tests.synthetic.visits import visit

CROP: Image = np.random.default_rng(0).integers(0, 255, (32, 32, 3)).astype(np.uint8)
JPEG = bytes(cv2.imencode(".jpg", CROP)[1])


def seen(seq: int, **fields: Any) -> SampleEvent:
    event = sample(seq, **fields)
    assert isinstance(event, SampleEvent)
    return event


def fill(path: Path, *events: Event) -> None:
    outbox = Outbox(path)
    try:
        for event in events:
            outbox.put(topic(event), event, encode(event))
    finally:
        outbox.close()


def test_samples_of_one_track_make_one_and_the_newest_tracks_stay() -> None:
    times = [(1, 10.0), (2, 20.0), (1, 30.0), (3, 5.0)]
    samples = [seen(seq, track=track, wall_time=time) for seq, (track, time) in enumerate(times)]
    found = tracks_of(samples, "m", since=0.0, most=2)
    assert [(track.first, track.last) for track in found] == [(10.0, 30.0), (20.0, 20.0)]
    assert tracks_of(samples, "m", since=25.0, most=9)[0].first == 30.0


def test_a_track_number_is_of_one_camera_and_one_run() -> None:
    samples = [seen(0), seen(1, camera="yard"), seen(2, epoch="e2")]
    assert [track.camera for track in tracks_of(samples, "m", since=0.0, most=9)] == ["door", "door", "yard"]


def test_the_limit_is_of_each_camera() -> None:
    samples = [seen(row, track=row, camera=camera, wall_time=row) for camera in "ab" for row in range(3)]
    found = tracks_of(samples, "m", since=0.0, most=1)
    assert [(track.camera, track.last) for track in found] == [("a", 2), ("b", 2)]


def test_a_track_has_what_its_newest_sample_says() -> None:
    old = seen(0, wall_time=1.0, pooled_px=11.0, looks=1.0)
    new = seen(1, wall_time=2.0, pooled_px=22.0, looks=5.0, crop=JPEG, crop_px=31.0, agreement=0.5)
    [track] = tracks_of([old, new], "m", since=0.0, most=9)
    assert (track.px, track.looks, track.crop_px, track.agreement, track.name) == (22.0, 5.0, 31.0, 0.5, "Ada")
    assert track.crop is not None
    np.testing.assert_allclose(track.template, [0.6, 0.8, 0, 0], atol=1e-3)


@pytest.mark.parametrize("found", [None, msgspec.structs.replace(evidence("Ada"), state=State.CANDIDATE)])
def test_whom_a_track_only_may_be_is_no_name(found: Evidence | None) -> None:
    [track] = tracks_of([msgspec.structs.replace(seen(0), evidence=found)], "m", since=0.0, most=9)
    assert track.name is None


def test_samples_of_another_model_are_left_out() -> None:
    assert tracks_of([seen(0, model_id="other")], "m", since=0.0, most=9) == []


def test_damaged_crops_and_templates_are_none_and_break_nothing() -> None:
    [track] = tracks_of([seen(0, crop=b"no picture", template=b"\0" * 8)], "m", since=0.0, most=9)
    assert (track.crop, track.template) == (None, None)


def test_an_outbox_gives_its_samples_and_no_other_event(tmp_path: Path) -> None:
    path = tmp_path / "events.db"
    visits = [event for row, who in enumerate(("Ada", None)) for event in visit(who, number=row, first_seq=10 * row)]
    fill(path, *visits, identity(90))
    found = read_outbox(path, "m", since=0.0, most=9)
    assert sorted(track.name or "" for track in found) == ["", "Ada"]


def test_an_outbox_is_read_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "events.db"
    fill(path, *(seen(seq, track=seq, wall_time=seq) for seq in range(AT_ONCE + 1)))
    assert len(read_outbox(path, "m", since=0.0, most=2 * AT_ONCE)) == AT_ONCE + 1


def test_an_outbox_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"events\.outbox .*none\.db: no such file"):
        read_outbox(tmp_path / "none.db", "m", since=0.0, most=9)
    assert not (tmp_path / "none.db").exists()


def test_a_run_for_the_check_publishes_and_keeps_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[Settings] = []

    class Run:
        def __init__(self, settings: Settings, outputs: Outputs, *, listeners: list[Sink]) -> None:
            assert outputs == Outputs()
            ran.append(settings)
            self.listeners = listeners

        def run(self, *, duration: float) -> None:
            assert duration == 60.0
            for event in (seen(0), identity(0)):
                self.listeners[0].on_event(event)

    monkeypatch.setattr(from_events, "build", Run)
    events = EventSettings(bind="tcp://127.0.0.1:5556", outbox="o.db", samples="none", preview_fps=5.0)
    [track] = watch_cameras(Settings(events=events), "m", seconds=60.0, most=9)
    assert track.name == "Ada"
    kept = ran[0].events
    assert (kept.bind, kept.outbox, kept.samples, kept.preview_fps) == ("none", "", "all", 0.0)
    assert ran[0].film == type(ran[0].film)()
