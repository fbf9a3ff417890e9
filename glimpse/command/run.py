"""`glimpse run SOURCE…`: name people in live cameras and recordings."""

from typing import Annotated, Any

from glimpse.command.new_command import new_command
from pipeline.cli import run_command_line
from pipeline.settings.flags import SOURCES, make_command_line, take_run_flags

app = new_command(
    "run",
    "glimpse run night.mp4 --gallery people.db --report out/night",
    "glimpse run rtsp://10.0.0.7/stream --gallery people.db",
    "glimpse run --config site.yaml",
    "glimpse run 0 --show",
)


@app.default
@take_run_flags
def run(*what: Annotated[str, SOURCES], **flags: Any) -> int:
    return run_command_line(make_command_line(what, flags))
