"""Tracks out of a history and out of sample events."""

from pathlib import Path
from typing import Any

import cv2
import msgspec
import numpy as np
import pytest

from detectors.arrays import Image
from glimpse.selfcheck.from_events import read_outbox, tracks_of
from glimpse.selfcheck.from_history import read_history
from pipeline.bus.outbox.writer import Outbox
from pipeline.events import SampleEvent, encode, topic
from tests.synthetic.events import sample
from tests.synthetic.histories import write
from tests.synthetic.visits import visit

CROP: Image = np.random.default_rng(0).integers(0, 255, (32, 32, 3)).astype(np.uint8)
JPEG = bytes(cv2.imencode(".jpg", CROP)[1])


def visits(*people: str | None) -> list[Any]:
    """A visit of each, a minute apart; their samples have a real crop."""
    return [
        event
        for number, person in enumerate(people)
        for event in visit(
            person, number=number, first_seq=10 * number, at=1000.0 + 60 * number, crop=JPEG, agreement=0.75
        )
    ]


def test_a_history_gives_the_newest_tracks_with_crop_template_and_agreement(tmp_path: Path) -> None:
    write(tmp_path / "history.db", *visits("Ada", None, None), unknowns=True)
    found = list(read_history(tmp_path / "history.db", "m", since=0.0, most=2))
    assert [(track.first, track.name) for track in found] == [(1120.0, None), (1060.0, None)]
    [ada] = [track for track in read_history(tmp_path / "history.db", "m", since=0.0, most=9) if track.name]
    assert (ada.camera, ada.name, ada.agreement, ada.px, ada.looks, ada.crop_px) == (
        "door",
        "Ada",
        0.75,
        24.0,
        3.0,
        28.0,
    )
    assert ada.crop is not None
    assert ada.crop.shape == (32, 32, 3)
    assert ada.template is not None
    assert np.linalg.norm(ada.template) == np.float32(1.0)


def test_tracks_of_another_model_or_an_earlier_time_are_left_out(tmp_path: Path) -> None:
    write(tmp_path / "history.db", *visits("Ada", None), unknowns=True)
    assert list(read_history(tmp_path / "history.db", "other", since=0.0, most=9)) == []
    assert len(list(read_history(tmp_path / "history.db", "m", since=1030.0, most=9))) == 1


def test_damaged_crops_and_templates_are_none_and_break_nothing() -> None:
    event = sample(0, crop=b"no picture", template=b"\0" * 8)
    assert isinstance(event, SampleEvent)
    [track] = tracks_of([event], "m", since=0.0, most=9)
    assert (track.crop, track.template) == (None, None)
    assert tracks_of([msgspec.structs.replace(event, template=b"\0")], "m", since=0.0, most=9)[0].template is None


def test_samples_of_one_track_make_one_and_the_newest_tracks_stay() -> None:
    events = [
        sample(seq, track=track, wall_time=time, crop=JPEG)
        for seq, (track, time) in enumerate([(1, 10.0), (2, 20.0), (1, 30.0), (3, 5.0)])
    ]
    samples = [event for event in events if isinstance(event, SampleEvent)]
    found = tracks_of(samples, "m", since=0.0, most=2)
    assert [(track.first, track.last) for track in found] == [(10.0, 30.0), (20.0, 20.0)]
    assert tracks_of(samples, "m", since=25.0, most=9)[0].first == 30.0


def test_an_outbox_gives_its_samples(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "events.db")
    try:
        for event in visits("Ada", None):
            outbox.put(topic(event), event, encode(event))
    finally:
        outbox.close()
    found = read_outbox(tmp_path / "events.db", "m", since=0.0, most=9)
    assert sorted((track.last, track.name or "") for track in found) == [(1005.0, "Ada"), (1065.0, "")]
    with pytest.raises(FileNotFoundError, match="no such file"):
        read_outbox(tmp_path / "none.db", "m", since=0.0, most=9)
