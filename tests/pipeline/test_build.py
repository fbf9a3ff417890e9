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
    open_detector,
    open_gallery,
    open_recognizer,
    open_sources,
)
from pipeline.settings.types import CameraSettings, DetectorSettings, RecognizerSettings, Settings
from pipeline.tracks.matcher import EmptyGallery


def test_a_run_without_a_detector_says_how_to_give_one() -> None:
    with pytest.raises(ModelMissingError, match="give --detector embedded"):
        open_detector(Settings(detector=DetectorSettings(model="")), Runtime())


def test_missing_model_files_are_named(tmp_path: Path) -> None:
    missing = str(tmp_path / "none.onnx")
    with pytest.raises(ModelMissingError, match=r"detector: .*none\.onnx"):
        open_detector(Settings(detector=DetectorSettings(model=missing)), Runtime())
    with pytest.raises(ModelMissingError, match=r"recognizer: .*none\.onnx"):
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
