"""The newest tracks of each camera out of a history, with what their newest sample says."""

from pathlib import Path
from typing import Any

import cv2
import msgspec
import numpy as np

from detectors.arrays import Image
from glimpse.selfcheck.from_history import read_history
from glimpse.selfcheck.seen_track import SeenTrack
from tests.synthetic.histories import write
from tests.synthetic.visits import visit

CROP: Image = np.random.default_rng(0).integers(0, 255, (32, 32, 3)).astype(np.uint8)
JPEG = bytes(cv2.imencode(".jpg", CROP)[1])


def visits(*people: str | None, camera: str = "door", epoch: str = "e1", **of_sample: Any) -> list[Any]:
    """A visit of each, a minute apart; their samples have a real crop."""
    events = [
        event
        for number, person in enumerate(people)
        for event in visit(person, number=number, first_seq=10 * number, at=1000.0 + 60 * number, **of_sample)
    ]
    return [msgspec.structs.replace(event, camera=camera, epoch=epoch) for event in events]


def read(place: Path, *, model: str = "m", since: float = 0.0, most: int = 9) -> list[SeenTrack]:
    return list(read_history(place, model, since=since, most=most))


def test_a_history_gives_the_newest_tracks_with_crop_template_and_agreement(tmp_path: Path) -> None:
    write(tmp_path / "history.db", *visits("Ada", None, None, crop=JPEG, agreement=0.75), unknowns=True)
    assert [(track.first, track.name) for track in read(tmp_path / "history.db", most=2)] == [
        (1120.0, None),
        (1060.0, None),
    ]
    [ada] = [track for track in read(tmp_path / "history.db") if track.name]
    assert (ada.camera, ada.name, ada.first, ada.last) == ("door", "Ada", 1000.0, 1003.0)
    assert (ada.agreement, ada.px, ada.looks, ada.crop_px) == (0.75, 24.0, 3.0, 28.0)
    assert ada.crop is not None
    assert ada.crop.shape == (32, 32, 3)
    assert ada.template is not None
    assert np.linalg.norm(ada.template) == np.float32(1.0)


def test_each_camera_has_its_own_newest_tracks(tmp_path: Path) -> None:
    write(tmp_path / "h.db", *visits("Ada", "Ben"), *visits("Ada", "Cleo", camera="yard"))
    found = read(tmp_path / "h.db", most=1)
    assert {(track.camera, track.name) for track in found} == {("door", "Ben"), ("yard", "Cleo")}


def test_tracks_of_another_model_or_an_earlier_time_are_left_out(tmp_path: Path) -> None:
    write(tmp_path / "h.db", *visits("Ada", None), unknowns=True)
    assert read(tmp_path / "h.db", model="other") == []
    assert [track.first for track in read(tmp_path / "h.db", since=1060.0)] == [1060.0]
    assert read(tmp_path / "h.db", since=1060.5) == []


def test_a_track_of_whom_no_template_is_kept_has_none_and_counts(tmp_path: Path) -> None:
    write(tmp_path / "h.db", *visits(None), unknowns=False)
    [stranger] = read(tmp_path / "h.db")
    assert (stranger.template, stranger.name) == (None, None)


def test_a_damaged_crop_is_none(tmp_path: Path) -> None:
    write(tmp_path / "h.db", *visits("Ada", crop=b"\xff\xd8 no picture"))
    assert [track.crop for track in read(tmp_path / "h.db")] == [None]


def test_an_empty_history_has_no_tracks(tmp_path: Path) -> None:
    write(tmp_path / "h.db")
    assert read(tmp_path / "h.db") == []
