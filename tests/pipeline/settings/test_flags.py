"""Flags come from the declarations of fields, and lie over the configuration file."""

from typing import Any

import pytest

from configs.read import ConfigurationError
from pipeline.settings.flags import overlay, parse_command_line


def laid_over(raw: dict[str, Any], *arguments: str) -> dict[str, Any]:
    return overlay(raw, parse_command_line(arguments))


def test_a_flag_overrides_the_defaults_and_every_camera() -> None:
    raw = {"defaults": {"fps": 3, "stride": 2}, "cameras": [{"source": "a", "fps": 1}]}
    assert laid_over(raw, "--fps", "5") == {
        "defaults": {"fps": 5.0, "stride": 2},
        "cameras": [{"source": "a", "fps": 5.0}],
    }
    assert raw["cameras"] == [{"source": "a", "fps": 1}]


def test_sources_take_the_place_of_the_cameras_and_the_settings_stay() -> None:
    raw = {"defaults": {"stride": 2}, "cameras": [{"source": "rtsp://${env:NOT_SET}/1", "name": "door"}]}
    assert laid_over(raw, "clip.mp4", "--rtsp", "rtsp://b/1", "--fps", "5") == {
        "defaults": {"fps": 5.0, "stride": 2},
        "cameras": [{"source": "rtsp://b/1", "fps": 5.0}, {"source": "clip.mp4", "fps": 5.0}],
    }


def test_without_flags_the_file_stays() -> None:
    raw = {"detector": {"score": 0.5}, "cameras": [{"source": "a"}]}
    assert laid_over(raw) == raw


def test_a_flag_opens_the_section_that_the_file_lacks() -> None:
    assert laid_over({"detector": None}, "--detector-score", "0.5")["detector"] == {"score": 0.5}


def test_a_profile_replaces_what_it_gives_but_not_another_flag() -> None:
    raw = {"recognizer": {"model": "m.onnx", "chip_spec": {"size": 16}, "calibration": "old.yaml"}}
    assert laid_over(raw, "--chip-spec", "p.yaml")["recognizer"] == {"model": "m.onnx", "profile": "p.yaml"}
    section = laid_over(raw, "--chip-spec", "p.yaml", "--calibration", "new.yaml")["recognizer"]
    assert section == {"model": "m.onnx", "profile": "p.yaml", "calibration": "new.yaml"}


def test_a_section_of_the_wrong_kind_is_left_for_the_typed_check() -> None:
    assert laid_over({"detector": 3, "cameras": "x"}, "--tile", "5", "--fps", "1", "--source", "a") == {
        "detector": 3,
        "cameras": "x",
        "defaults": {"fps": 1.0},
    }


def test_a_region_is_read_as_points() -> None:
    assert laid_over({}, "--roi", "0,0,1,1")["defaults"]["roi"] == ((0, 0), (1, 0), (1, 1), (0, 1))
    with pytest.raises(ConfigurationError, match="roi '2,2'"):
        laid_over({}, "--roi", "2,2")


def test_sources_stand_anywhere_and_come_before_those_of_flags() -> None:
    line = parse_command_line(["a.mp4", "--fps", "2", "b.mp4", "--source", "c.mp4", "--rtsp", "rtsp://d/1"])
    assert line.options.source == ["a.mp4", "b.mp4", "c.mp4"]
    assert line.options.rtsp == ["rtsp://d/1"]


@pytest.mark.parametrize("after", [[], ["--fps", "3"]])
def test_save_video_may_stand_without_a_file(after: list[str]) -> None:
    assert parse_command_line(["--report", "out", "--save-video", *after]).options.video == ""
    assert parse_command_line(["--save-video", "film.mp4", *after]).options.video == "film.mp4"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--detectr", "x"], "Unknown option: --detectr. Did you mean --detector?"),
        (["--durations=3"], "Unknown option: --durations=3. Did you mean --duration?"),
        (["--zzz"], "Unknown option: --zzz.\n"),
        (["--fps", "fast"], 'Invalid value for --fps: unable to convert "fast" into float.'),
        (["--device", "tpu"], 'Invalid value "tpu" for --device. Choose from: "auto", "cpu"'),
        (["--gallery"], "--gallery requires an argument"),
        (["--rstp=rtsp://a:hush@b/1"], "Unknown option: --rstp=***."),
        (["--fps", "rtsp://a:hush@b/1"], 'unable to convert "rtsp://***@b/1" into float'),
        (["--fps", "hu sh?=1"], 'unable to convert "***" into float'),
        (["--save-video"], "--save-video needs a file, or --report DIR to put one into"),
    ],
)
def test_a_mistake_is_named_without_secrets(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        parse_command_line(arguments)
    error = capsys.readouterr().err
    assert ended.value.code == 2
    assert message in error
    assert "hush" not in error
    assert "sh?" not in error


def test_help_names_every_group_and_the_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parse_command_line(["--help"])
    assert ended.value.code == 0
    text = capsys.readouterr().out
    groups = ["what to watch", "models", "which frames and faces", "where results go", "the run", "exit codes:"]
    places = [text.index(f"{name} " if name != "exit codes:" else name) for name in groups]
    assert sorted(places) == places
