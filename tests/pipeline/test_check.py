"""`--check` opens what a run would open, and takes a frame from each source."""

import io
from pathlib import Path

import cv2
import msgspec
import numpy as np
import pytest
from rich.console import Console

from detectors.runtime import Runtime
from pipeline.capture.sources import parse_source
from pipeline.check import check, first_frame, print_findings, settings_in_use
from pipeline.parts.models import ModelMissingError, describe_calibration
from pipeline.settings.types import CameraSettings, DecisionSettings, RecognizerSettings, Settings
from pipeline.types import Frame
from recognizer.calibration import uncalibrated
from recognizer.load import load_recognizer
from tests.synthetic.networks import write_recognizer


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = tmp_path / "pictures"
    folder.mkdir()
    cv2.imwrite(str(folder / "a.png"), np.zeros((48, 64, 3), np.uint8))
    return folder


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    path = tmp_path / "broken.mp4"
    path.write_bytes(b"no video")
    return path


def camera(path: Path) -> CameraSettings:
    return CameraSettings(source=str(path))


def test_a_source_gives_its_first_frame_or_the_reason_why_not(pictures: Path, broken: Path) -> None:
    (source,) = parse_source(str(pictures))
    frame = first_frame(source, camera(pictures))
    assert isinstance(frame, Frame)
    assert frame.image.shape == (48, 64, 3)
    (source,) = parse_source(str(broken))
    reason = first_frame(source, camera(broken))
    assert isinstance(reason, str)
    assert reason


def test_each_part_has_a_line_and_one_silent_source_spoils_the_result(pictures: Path, broken: Path) -> None:
    out = io.StringIO()
    console = Console(file=out, width=160)
    good = check(Settings(cameras=(camera(pictures),)))
    bad = check(Settings(cameras=(camera(pictures), camera(broken))))
    assert (good.complete, bad.complete) == (True, False)
    print_findings(good, console)
    print_findings(bad, console)
    lines = [line.split() for line in out.getvalue().splitlines()]
    parts = ["part", "detector", "recogniser", "gallery", "device", "events", "pictures"]
    assert [line[0] for line in lines] == [*parts, *parts, "broken"]
    assert lines[6] == ["pictures", "64x48"]
    assert "gallery     none: nobody is compared" in out.getvalue()
    assert "events      not published" in out.getvalue()


def test_settings_in_use_name_what_takes_the_place_of_empty_ones(pictures: Path) -> None:
    used = settings_in_use(Settings(cameras=(camera(pictures),), recognizer=RecognizerSettings(model="embedded")))
    assert Path(used.recognizer.calibration).is_file()
    assert used.events.bind == "none"
    live = settings_in_use(Settings(cameras=(CameraSettings(source="rtsp://127.0.0.1:1/x"),)))
    assert live.events.bind == "tcp://127.0.0.1:5556"


@pytest.mark.parametrize(
    ("model", "calibration"),
    [("tiny", "calibration_tiny.yaml, which ships"), ("own.onnx", "none: cautious built-in thresholds")],
)
def test_the_calibration_that_applies_is_named(
    pictures: Path, tmp_path: Path, model: str, calibration: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_recognizer(tmp_path / "own.onnx")
    out = io.StringIO()
    settings = Settings(cameras=(camera(pictures),), recognizer=RecognizerSettings(model=model))
    print_findings(check(settings), Console(file=out, width=160))
    assert calibration in out.getvalue()


def test_for_whom_thresholds_hold_is_said(pictures: Path, tmp_path: Path) -> None:
    write_recognizer(tmp_path / "own.onnx")
    said = [
        check(
            Settings(
                cameras=(camera(pictures),),
                recognizer=RecognizerSettings(model=model),
                decision=DecisionSettings(groups=groups),
            )
        ).parts["thresholds"]
        for model, groups in (("tiny", "worst"), ("tiny", "mean"), (str(tmp_path / "own.onnx"), "worst"))
    ]
    assert said[2] == "for people on the whole: the calibration holds no factor for a group"


def test_a_calibration_of_another_cohort_is_refused_without_a_gallery_too(pictures: Path, tmp_path: Path) -> None:
    tiny = load_recognizer("tiny", runtime=Runtime())
    old = msgspec.structs.replace(uncalibrated(tiny.model_id), weights=tiny.weights, cohort="0123")
    (tmp_path / "old.yaml").write_bytes(msgspec.yaml.encode(old))
    model = RecognizerSettings(model="tiny", calibration=str(tmp_path / "old.yaml"))
    with pytest.raises(ValueError, match="another cohort"):
        check(Settings(cameras=(camera(pictures),), recognizer=model))


def test_a_missing_model_is_an_error(pictures: Path) -> None:
    settings = Settings(cameras=(camera(pictures),), recognizer=RecognizerSettings(model="nowhere.onnx"))
    with pytest.raises(ModelMissingError, match=r"nowhere\.onnx"):
        check(settings)


def test_a_calibration_of_the_site_is_named_by_its_plain_path() -> None:
    assert describe_calibration(RecognizerSettings(model="tiny", calibration="site/../own.yaml")) == "own.yaml"
