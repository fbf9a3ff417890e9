"""The command that goes on with a run."""

from pathlib import Path

from pipeline.settings.command import format_resume_command
from pipeline.settings.flags import parse_command_line


def test_it_is_the_command_that_was_given_with_the_folder_that_was_used() -> None:
    words = [
        "my night.mp4",
        "--gallery",
        "people.db",
        "--report",
        "out/night",
        "--overwrite",
        "--save-video",
        "--fps",
        "5",
    ]
    command = format_resume_command(parse_command_line(words), Path("out/night-2"))
    assert command == (
        "glimpse run 'my night.mp4' --report out/night-2 --save-video --resume --gallery people.db --fps 5.0"
    )


def test_it_can_be_parsed_again() -> None:
    line = parse_command_line(["a.mp4", "--source", "b.mp4", "--report", "r", "--roi", "0,0,1,1", "--json"])
    again = parse_command_line(format_resume_command(line, Path("r")).split()[2:])
    assert again.options.source == ["a.mp4", "b.mp4"]
    assert (again.options.resume, again.options.json) == (True, True)
    assert again.settings == line.settings


def test_it_shows_no_password() -> None:
    line = parse_command_line(["https://a:hush@b/night.mp4", "--report", "r"])
    assert "hush" not in format_resume_command(line, Path("r"))
