"""Options of a run."""

from pathlib import Path
from typing import Any

import pytest

from configs.read import ConfigurationError
from pipeline.settings.flags import parse_command_line
from pipeline.settings.outputs import Outputs, RunOptions


@pytest.mark.parametrize(
    ("options", "message"),
    [({"resume": True}, "--resume needs --report DIR"), ({"video": ""}, "--save-video needs a file, or --report DIR")],
)
def test_what_lies_in_the_reports_folder_needs_one(options: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        Outputs(**options)  # type: ignore[arg-type]
    assert Outputs(report=Path("r"), **options)  # type: ignore[arg-type]


def test_the_command_line_gives_the_options_and_keeps_their_defaults() -> None:
    arguments = ["--events", "-", "--report", "r", "--save-video", "--duration", "3", "--log-level", "debug", "--check"]
    options = parse_command_line(arguments).options
    assert options == RunOptions(events="-", report=Path("r"), video="", duration=3.0, log_level="debug", check=True)
    assert parse_command_line([]).options == RunOptions()


def test_a_combination_that_cannot_work_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parse_command_line(["--resume"])
    assert ended.value.code == 2
    assert "error: --resume needs --report DIR" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"overwrite": True}, "--overwrite needs --report DIR"),
        ({"overwrite": True, "resume": True, "report": Path("r")}, "--overwrite and --resume"),
        ({"json": True, "events": "-"}, "--json and --events -"),
        ({"duration": -3.0}, "--duration -3: expected seconds"),
        ({"duration": float("nan")}, "--duration nan"),
    ],
)
def test_options_that_make_no_sense_are_refused(given: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        RunOptions(**given)
