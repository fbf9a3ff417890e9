"""`glimpse run SOURCE…`: name people in live cameras, recordings and photographs."""

from typing import Annotated, Any, Literal

from cyclopts import App, Parameter

from glimpse.command.new_command import exit_code, new_command
from pipeline.cli import effective_settings, log_of, run_command_line
from pipeline.logs.open_log import announce, open_log
from pipeline.settings.flags import EPILOG, SOURCES, CommandLine, make_command_line, take_run_flags
from pipeline.settings.rooms.log import LogSettings
from pipeline.version import VERSION

ONLY_FRAMES = (
    *("events", "save_video", "show", "resume", "duration", "fps", "stride", "start", "end", "check", "bind", "web"),
)
"""Flags that mean something for frames in a row only."""

app: App = new_command(
    "run",
    "glimpse run night.mp4 --gallery people.db --report out/night",
    "glimpse run rtsp://10.0.0.7/stream --gallery people.db",
    "glimpse run holiday/ --gallery people.db --report sorted  # photographs",
    "glimpse run 0 --show",
    "glimpse run --config site.yaml",
    "glimpse run --config site.yaml --web",
)
app.help_epilogue = f"{app.help_epilogue}\n\n{EPILOG}"
app.version, app.version_flags = f"glimpse {VERSION}", ("--version",)  # run_pipeline.py has it
Kind = Annotated[
    Literal["auto", "photos", "frames"],
    Parameter(
        name="--as",
        group="what to watch",
        show_default=False,
        help="what pictures are: photographs, each judged on its own, or the frames of a film (default: auto: "
        "photographs, unless they are numbered, of one size and of no camera)",
    ),
]


@app.default
@take_run_flags
@exit_code
def run(*what: Annotated[str, SOURCES], pictures_are: Kind = "auto", **flags: Any) -> int:
    line = make_command_line(what, flags)
    if (asked := log_of(line)) != LogSettings():  # also for photographs, and for what is said before a run begins
        open_log(asked, process="run", level=line.options.log_level.upper())
    if _means_photos(pictures_are, line, flags):
        return _run_photos(line)
    from glimpse.command.run_rooms import rooms_beside

    with rooms_beside(line) as line:
        return run_command_line(line)


def _means_photos(kind: str, line: CommandLine, flags: dict[str, Any]) -> bool:
    frames_only = [f"--{name.replace('_', '-')}" for name in ONLY_FRAMES if name in flags]
    if kind == "photos":
        if frames_only:
            raise ValueError(f"{', '.join(frames_only)}: only for frames in a row; leave it out, or give --as frames")
        return True
    if kind == "frames" or frames_only or line.options.rtsp or line.options.config:
        return False
    from glimpse.command.photo_run import TAKEN_AS_FRAMES, picture_kind

    found = picture_kind(line.options.source)
    if found == "frames":
        announce(TAKEN_AS_FRAMES)
    return found == "photos"


def _run_photos(line: CommandLine) -> int:
    from glimpse.command.photo_run import run_photos

    return run_photos(effective_settings(line), line)
