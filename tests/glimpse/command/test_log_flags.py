"""A flag of the log counts more than the file, and what no flag says stays as the file has it."""

from pathlib import Path

import pytest

from glimpse.command import log_flags
from glimpse.command.log_flags import LogFlags
from pipeline.settings.rooms.log import LogSettings

FILE = LogSettings(format="json", file="from-file.log")


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[tuple[LogSettings, dict[str, str]]]:
    calls: list[tuple[LogSettings, dict[str, str]]] = []
    monkeypatch.setattr(log_flags, "open_log", lambda settings, **rest: calls.append((settings, rest)))
    return calls


def test_flags_replace_what_the_file_says(opened: list[tuple[LogSettings, dict[str, str]]]) -> None:
    LogFlags("text", Path("own.log")).open(FILE, process="web", node="shop", level="DEBUG")
    [(settings, rest)] = opened
    assert (settings.format, settings.file) == ("text", str(Path("own.log").absolute()))
    assert rest == {"process": "web", "node": "shop", "level": "DEBUG"}


def test_without_flags_the_file_holds_but_for_its_place(opened: list[tuple[LogSettings, dict[str, str]]]) -> None:
    LogFlags().open(FILE, process="web")
    [(settings, rest)] = opened
    assert settings == log_flags.room_log(FILE, "web")
    assert (settings.format, rest["level"]) == ("json", "INFO")


def test_one_flag_leaves_the_other_setting(opened: list[tuple[LogSettings, dict[str, str]]]) -> None:
    LogFlags(log_file=Path("own.log")).open(FILE, process="web")
    LogFlags(log_format="text").open(FILE, process="web")
    assert [(settings.format, Path(settings.file).name == "own.log") for settings, _ in opened] == [
        ("json", True),
        ("text", False),
    ]
