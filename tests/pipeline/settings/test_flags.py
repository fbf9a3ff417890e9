"""Flags come from the declarations of fields, and lie over the configuration file."""

import argparse
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import pytest
from msgspec import Meta

from configs.fields import Flag, Unit, list_flags
from configs.read import ConfigurationError
from configs.schema import settings_tables
from pipeline.settings.flags import add_flags, make_parser, overlay, parse_command_line


class Section(msgspec.Struct, frozen=True):
    limit: Annotated[int, Meta(ge=1, description="at most 100%"), Unit("px"), Flag("--size-limit", "sizes")] = 5
    plain: int = 0


class Toy(msgspec.Struct, frozen=True):
    """A struct with a flag of each kind."""

    mode: Annotated[Literal["a", "b"], Meta(description="way"), Flag("--mode", "ways")] = "a"
    names: Annotated[list[str], Flag("--name", "ways", "NAME")] = []
    folder: Annotated[Path | None, Flag("--folder", "ways", "DIR")] = None
    loud: Annotated[bool, Flag("--loud", "ways")] = False
    video: Annotated[str | None, Flag("--video", "ways", "MP4", bare="")] = None
    section: Section = Section()


@pytest.fixture
def toy_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(argument_default=argparse.SUPPRESS)
    add_flags(parser, list_flags(Toy))
    return parser


def test_a_declared_field_is_all_that_a_flag_and_its_documentation_need(toy_parser: argparse.ArgumentParser) -> None:
    assert "--size-limit PX at most 100% (default: 5)" in " ".join(toy_parser.format_help().split())
    assert toy_parser.parse_args(["--size-limit", "7"]).size_limit == 7
    assert "| `limit` | integer, ≥ 1 | px | `5` | `--size-limit` | at most 100% |" in settings_tables(Toy)


def test_values_have_the_type_of_their_field(toy_parser: argparse.ArgumentParser) -> None:
    arguments = ["--mode", "b", "--name", "x", "--name", "y", "--folder", "f", "--loud", "--video"]
    assert vars(toy_parser.parse_args(arguments)) == {
        "mode": "b",
        "name": ["x", "y"],
        "folder": Path("f"),
        "loud": True,
        "video": "",
    }


def test_what_is_not_given_is_not_set(toy_parser: argparse.ArgumentParser) -> None:
    assert vars(toy_parser.parse_args([])) == {}


def laid_over(raw: dict[str, Any], *arguments: str) -> dict[str, Any]:
    return overlay(raw, parse_command_line(arguments))


def test_a_flag_overrides_the_defaults_and_every_camera() -> None:
    raw = {"defaults": {"fps": 3, "stride": 2}, "cameras": [{"source": "a", "fps": 1}]}
    assert laid_over(raw, "--fps", "5", "--rtsp", "rtsp://b/1", "--source", "c.mp4") == {
        "defaults": {"fps": 5.0, "stride": 2},
        "cameras": [
            {"source": "a", "fps": 5.0},
            {"source": "rtsp://b/1", "fps": 5.0},
            {"source": "c.mp4", "fps": 5.0},
        ],
    }
    assert raw["cameras"] == [{"source": "a", "fps": 1}]


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


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--detectr", "x"], "unrecognized arguments: --detectr x; did you mean --detector?"),
        (["--durations=3"], "unrecognized arguments: --durations=3; did you mean --duration?"),
        (["--zzz"], "unrecognized arguments: --zzz\n"),
        (["--fps", "fast"], "argument --fps: invalid float value: 'fast'"),
        (["--device", "tpu"], "argument --device: invalid choice: 'tpu'"),
        (["rtsp://a:hush@b/1"], "unrecognized arguments: rtsp://***@b/1"),
    ],
)
def test_a_mistake_is_named(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parse_command_line(arguments)
    error = capsys.readouterr().err
    assert ended.value.code == 2
    assert message in error
    assert "hush" not in error


def test_help_names_every_group_and_the_exit_codes() -> None:
    text = make_parser().format_help()
    groups = ["what to watch:", "models:", "which frames and faces:", "where results go:", "the run:", "exit codes:"]
    assert sorted(map(text.index, groups)) == list(map(text.index, groups))


def test_no_flag_is_declared_twice() -> None:
    make_parser()  # argparse refuses a flag that it knows
