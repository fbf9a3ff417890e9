"""`glimpse check`: what a run would use, and whether its cameras and models can be used."""

from typing import Annotated, Any

from cyclopts import App

from glimpse.command.new_command import new_command
from pipeline.cli import run_command_line
from pipeline.settings.flags import SOURCES, make_command_line, take_run_flags

app: App = new_command(
    "check",
    "glimpse check --config site.yaml",
    "glimpse check rtsp://10.0.0.7/stream --gallery people.db",
)


@app.default
@take_run_flags
def check(*what: Annotated[str, SOURCES], **flags: Any) -> int:
    return run_command_line(make_command_line(what, flags | {"check": True}))
