"""The parts of a run: what is missing, and with which error."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from configs.read import ConfigurationError
from detectors.runtime import Runtime
from pipeline.build import (
    ModelMissingError,
    SourceUnreachableError,
    build,
    camera_tracks,
    finding_source,
    open_detector,
    open_gallery,
    open_recognizer,
    open_sources,
)
from pipeline.engine import Identification
from pipeline.event_factory import EventFactory
from pipeline.scan.live_schedule import LiveSchedule
from pipeline.settings.outputs import Outputs
from pipeline.settings.types import (
    CameraSettings,
    DetectorSettings,
    EventSettings,
    RecognizerSettings,
    ScheduleSettings,
    Settings,
)
from pipeline.tracks.matcher import EmptyGallery
from pipeline.tracks.track import TrackState
from pipeline.types import Frame, Track


def test_a_run_without_a_detector_says_how_to_give_one() -> None:
    with pytest.raises(ModelMissingError, match="give --detector embedded"):
        open_detector(Settings(detector=DetectorSettings(model="")), Runtime())


def test_missing_model_files_are_named(tmp_path: Path) -> None:
    missing = str(tmp_path / "none.onnx")
    with pytest.raises(ModelMissingError, match=r"detector\.model: .*none\.onnx"):
        open_detector(Settings(detector=DetectorSettings(model=missing)), Runtime())
    with pytest.raises(ModelMissingError, match=r"recognizer\.model: .*none\.onnx"):
        open_recognizer(Settings(recognizer=RecognizerSettings(model=missing)), Runtime())


def test_a_run_without_a_recogniser_has_none() -> None:
    assert open_recognizer(Settings(recognizer=RecognizerSettings(model="")), Runtime()) is None


def test_a_run_without_a_gallery_knows_nobody(tmp_path: Path) -> None:
    assert isinstance(open_gallery(Settings()), EmptyGallery)
    with pytest.raises(ConfigurationError, match=r"none\.db: no such file; make one with"):
        open_gallery(Settings(gallery=str(tmp_path / "none.db")))


def test_cameras_of_one_name_become_unique_and_keep_their_settings() -> None:
    cameras = tuple(CameraSettings(source=f"rtsp://host{n}/live", name="door", fps=float(n)) for n in (1, 2))
    opened = open_sources(Settings(cameras=cameras))
    names = [source.name for source, _ in opened]
    assert len(set(names)) == 2
    assert [camera.name for _, camera in opened] == names
    assert [camera.fps for _, camera in opened] == [1, 2]
    assert [source.location for source, _ in opened] == ["rtsp://host1/live", "rtsp://host2/live"]


def test_every_source_of_a_folder_has_the_settings_of_its_camera(tmp_path: Path) -> None:
    for name in ("a.mp4", "b.mp4"):
        (tmp_path / name).touch()
    cv2.imwrite(str(tmp_path / "c.png"), np.zeros((4, 4, 3), np.uint8))
    opened = open_sources(Settings(cameras=(CameraSettings(source=str(tmp_path), fps=3.0),)))
    assert len(opened) == 3
    assert {camera.fps for _, camera in opened} == {3.0}


def test_a_missing_file_is_unreachable_and_a_wrong_source_a_fault_of_the_settings(tmp_path: Path) -> None:
    with pytest.raises(SourceUnreachableError, match=r"none\.mp4"):
        open_sources(Settings(cameras=(CameraSettings(source=str(tmp_path / "none.mp4")),)))
    with pytest.raises(ConfigurationError, match="gopher"):
        open_sources(Settings(cameras=(CameraSettings(source="gopher://host/1"),)))


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


def test_live_cameras_share_an_allowance_and_threads_and_recordings_have_neither(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), np.zeros((64, 64, 3), np.uint8))
    recording = CameraSettings(source=str(tmp_path / "a.png"), name="file")
    live = [CameraSettings(source=f"rtsp://127.0.0.1:9/{name}", name=name) for name in ("door", "yard")]
    settings = Settings(
        cameras=(recording, *live),
        detector=DetectorSettings(workers=8),
        recognizer=RecognizerSettings(model=""),
        schedule=ScheduleSettings(scan_seconds=1.0),
        events=EventSettings(bind="none"),
    )
    job = build(settings, Outputs())
    with job.resources:
        finder = job.engine._find_faces.__self__  # type: ignore[attr-defined]
        schedules = finder._schedules
        assert len(finder._detects) == 2
    assert not isinstance(schedules["file"], LiveSchedule)
    assert schedules["door"]._allowance is schedules["yard"]._allowance


@pytest.mark.parametrize(
    ("camera", "key"),
    [
        (CameraSettings(source="clip.mp4", sub_stream="rtsp://127.0.0.1:9/sub"), "source"),
        (CameraSettings(source="rtsp://127.0.0.1:9/main", sub_stream="clip.mp4"), "sub_stream"),
    ],
)
def test_a_sub_stream_belongs_to_a_live_camera(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, camera: CameraSettings, key: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("clip.mp4").touch()
    with pytest.raises(ConfigurationError, match=f"^{key} of a camera with sub_stream: expected the URL of one live"):
        open_sources(Settings(cameras=(camera,)))


def test_faces_are_found_in_the_sub_stream_under_the_cameras_name() -> None:
    camera = CameraSettings(source="rtsp://127.0.0.1:9/main", sub_stream="rtsp://127.0.0.1:9/sub", name="door")
    [(source, named)] = open_sources(Settings(cameras=(camera,)))
    assert source.location.endswith("/main")
    sub_stream = finding_source(source, named)
    assert (sub_stream.name, sub_stream.location) == ("door", "rtsp://127.0.0.1:9/sub")
    assert finding_source(source, CameraSettings(source="rtsp://127.0.0.1:9/main")) is source
