"""Sources of the cameras: names, settings, faults, sub-streams."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from configs.read import ConfigurationError
from pipeline.parts.sources import SourceUnreachableError, finding_source, open_sources
from pipeline.settings.types import (
    CameraSettings,
    Settings,
)


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
