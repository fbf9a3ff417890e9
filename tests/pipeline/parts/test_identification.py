"""Gallery and tracks of a run."""

from pathlib import Path
from typing import Literal

import numpy as np
import pytest

from configs.read import ConfigurationError
from pipeline.engine import Identification
from pipeline.event_factory import EventFactory
from pipeline.parts.identification import camera_tracks, open_gallery
from pipeline.settings.types import (
    CameraSettings,
    EventSettings,
    Settings,
)
from pipeline.tracks.matcher import EmptyGallery
from pipeline.tracks.samples import SampleRule
from pipeline.tracks.track import TrackState
from pipeline.types import Frame, Track


def test_a_run_without_a_gallery_knows_nobody(tmp_path: Path) -> None:
    assert isinstance(open_gallery(Settings()), EmptyGallery)
    with pytest.raises(ConfigurationError, match=r"none\.db: no such file; make one with"):
        open_gallery(Settings(gallery=str(tmp_path / "none.db")))


class Knowing:
    """The part of a matcher that says whether it can tell what is no face."""

    def __init__(self, knows_lengths: bool) -> None:
        self.knows_lengths = knows_lengths


@pytest.mark.parametrize(("knows_lengths", "count"), [(True, 0), (False, 1)])
def test_tracks_must_be_faces_where_lengths_of_faces_are_known(knows_lengths: bool, count: int) -> None:
    identification = Identification(None, Knowing(knows_lengths), None, 0.2, 64)  # type: ignore[arg-type]
    events = EventFactory("node", "epoch")
    door = camera_tracks(Settings(), CameraSettings(source="0", name="door"), events, identification)
    moment = Frame("door", 0, 0.0, 0.0, 0.0, np.zeros((0, 0, 3), np.uint8))
    door.visible = [TrackState(Track("door", 1, np.zeros(4, np.float32), 0.9, None, 0.0), moment)]
    assert len(door.faces) == count


@pytest.mark.parametrize("which", ["none", "named", "all"])
def test_tracks_are_sampled_as_the_settings_say(which: Literal["none", "named", "all"]) -> None:
    class Reads:
        model_id = "m"

    identification = Identification(Reads(), Knowing(False), None, 0.2, 64)  # type: ignore[arg-type]
    settings = Settings(events=EventSettings(samples=which))
    for known, rule in ((identification, None if which == "none" else SampleRule(which, "m")), (None, None)):
        door = camera_tracks(settings, CameraSettings(source="0", name="door"), EventFactory("node", "e"), known)
        assert door._samples == rule
